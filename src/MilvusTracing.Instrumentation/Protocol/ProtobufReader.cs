namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>Reads the fields of a protobuf message without copying. Invalid bytes end the reading.</summary>
/// <seealso href="https://protobuf.dev/programming-guides/encoding/"/>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int MaxVarintLength = 10;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field.</summary>
    public int Number { get; private set; }

    /// <summary>The value of a varint field; otherwise 0.</summary>
    public ulong Value { get; private set; }

    /// <summary>The content of a field with a length (string, bytes, message, packed numbers); otherwise empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <returns>Whether there is another field.</returns>
    public bool Next()
    {
        Value = 0;
        Bytes = default;
        if (!TryReadVarint(out var tag) || tag >> 3 is 0 or > int.MaxValue)
        {
            return false;
        }

        Number = (int)(tag >> 3);
        switch ((WireType)(tag & 7))
        {
            case WireType.Varint when TryReadVarint(out var value):
                Value = value;
                return true;
            case WireType.Length when TryReadVarint(out var length) && TryTake(length, out var bytes):
                Bytes = bytes;
                return true;
            case WireType.Fixed64:
                return TryTake(sizeof(ulong), out _);
            case WireType.Fixed32:
                return TryTake(sizeof(uint), out _);
            default:
                return false;
        }
    }

    /// <summary>Counts the numbers of a packed field: the last byte of each is below 0x80.</summary>
    public static ulong CountOfVarints(ReadOnlySpan<byte> packed)
    {
        ulong count = 0;
        foreach (var b in packed)
        {
            count += b < 0x80 ? 1u : 0u;
        }

        return count;
    }

    private bool TryTake(ulong length, out ReadOnlySpan<byte> bytes)
    {
        var isThere = length <= (ulong)_rest.Length;
        bytes = isThere ? _rest[..(int)length] : default;
        _rest = _rest[bytes.Length..];
        return isThere;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < _rest.Length && i < MaxVarintLength; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}

internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}
