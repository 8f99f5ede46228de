namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A message on the wire: a byte that tells whether it is compressed, four of its length, and the message.</summary>
/// <seealso href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"/>
internal struct GrpcFrame
{
    private const int HeaderLength = 5;

    private int _headerBytes;
    private uint _left;

    /// <summary>Whether the message is compressed, and cannot be read.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>Whether the whole message has been taken.</summary>
    public readonly bool IsComplete => _headerBytes == HeaderLength && _left == 0;

    /// <summary>Takes the next bytes of the frame.</summary>
    /// <returns>Those of the message.</returns>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes)
    {
        for (; _headerBytes < HeaderLength && !bytes.IsEmpty; bytes = bytes[1..], _headerBytes++)
        {
            if (_headerBytes == 0)
            {
                IsCompressed = bytes[0] != 0;
            }
            else
            {
                _left = (_left << 8) | bytes[0];
            }
        }

        var message = bytes[..(int)Math.Min(_left, (uint)bytes.Length)];
        _left -= (uint)message.Length;
        return message;
    }
}
