using System.Text;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>
/// Reads the status of a Milvus response, which arrives in pieces of any size. Milvus reports an error of its own with
/// gRPC's status OK.
/// </summary>
/// <remarks>
/// The status is field 1 of the response, or the response itself. Its fields are error_code (1, an enum that code replaces
/// since Milvus 2.3), reason (2) and code (3). Reading ends at the first field that is none of these.
/// </remarks>
internal struct StatusReader()
{
    private const ulong ErrorCodeTag = (1 << 3) | (int)WireType.Varint;
    private const ulong NestedStatusTag = (1 << 3) | (int)WireType.Length;
    private const ulong ReasonTag = (2 << 3) | (int)WireType.Length;
    private const ulong CodeTag = (3 << 3) | (int)WireType.Varint;
    private const int MaxReasonLength = 1024;

    private ulong _varint;
    private int _shift;
    private ulong _tag;
    private long _position;
    private long _statusEnd = long.MaxValue;
    private long _reasonBytesLeft;
    private byte[]? _reason;
    private int _reasonLength;
    private int _errorCode;
    private int _code;

    /// <summary>Whether the rest of the response does not matter.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Milvus's error code; 0 if the call succeeded.</summary>
    /// <remarks>An error_code alone is none: the responses of replication have another number there, but no reason.</remarks>
    public readonly int Code => _code != 0 ? _code : _reasonLength > 0 ? _errorCode : 0;

    /// <summary>Milvus's error message, at most 1024 bytes of it; empty if there is none.</summary>
    public readonly string Reason => Encoding.UTF8.GetString(_reason.AsSpan(0, _reasonLength));

    private readonly bool IsNested => _statusEnd != long.MaxValue;

    /// <summary>Reads the next bytes of the response.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsComplete)
        {
            var length = _reasonBytesLeft > 0 ? ReadReason(bytes) : ReadVarint(bytes[0]);
            bytes = bytes[length..];
            IsComplete |= _position >= _statusEnd;
        }
    }

    private int ReadReason(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(_reasonBytesLeft, bytes.Length);
        var kept = bytes[..Math.Min(length, _reason!.Length - _reasonLength)];
        kept.CopyTo(_reason.AsSpan(_reasonLength));
        _reasonLength += kept.Length;
        _reasonBytesLeft -= length;
        _position += length;
        return length;
    }

    private int ReadVarint(byte next)
    {
        _varint |= (ulong)(next & 0x7F) << _shift;
        _shift += 7;
        _position++;
        if (next < 0x80)
        {
            var value = _varint;
            (_varint, _shift) = (0, 0);
            OnVarint(value);
        }
        else
        {
            IsComplete = _shift > 63;
        }

        return 1;
    }

    /// <summary>A varint is a tag or, after a tag, a number or a length.</summary>
    private void OnVarint(ulong value)
    {
        var tag = _tag;
        _tag = 0;
        switch (tag)
        {
            case 0:
                _tag = value;
                IsComplete = value is not (ErrorCodeTag or ReasonTag or CodeTag) && (value is not NestedStatusTag || IsNested);
                break;
            case NestedStatusTag:
                _statusEnd = _position + (long)Math.Min(value, int.MaxValue);
                break;
            case ErrorCodeTag:
                _errorCode = (int)value;
                break;
            case ReasonTag:
                _reasonBytesLeft = (long)Math.Min(value, (ulong)(_statusEnd - _position));
                (_reason, _reasonLength) = (new byte[Math.Min(_reasonBytesLeft, MaxReasonLength)], 0);
                break;
            case CodeTag:
                _code = (int)value;
                break;
        }
    }
}
