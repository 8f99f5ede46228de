namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>
/// Reads the fields of a protobuf message in place. Any bytes may come: what is no field ends the reading.
/// </summary>
/// <seealso href="https://protobuf.dev/programming-guides/encoding/"/>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int LongestVarint = 10;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Number { get; private set; }

    /// <summary>Its value, where it is a varint.</summary>
    public ulong Value { get; private set; }

    /// <summary>Its bytes, where it has a length: text, bytes, a message or packed numbers.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether it has a length.</summary>
    public bool HasBytes { get; private set; }

    /// <returns>Whether there was another field.</returns>
    public bool Next()
    {
        Value = 0;
        Bytes = default;
        HasBytes = false;
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
            case WireType.Fixed64:
                return TrySkip(sizeof(ulong));
            case WireType.Fixed32:
                return TrySkip(sizeof(uint));
            case WireType.Length when TryReadVarint(out var length) && length <= (ulong)_rest.Length:
                Bytes = _rest[..(int)length];
                HasBytes = true;
                _rest = _rest[(int)length..];
                return true;
            default:
                return false;
        }
    }

    private bool TrySkip(int count)
    {
        if (_rest.Length < count)
        {
            return false;
        }

        _rest = _rest[count..];
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < _rest.Length && i < LongestVarint; i++)
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
