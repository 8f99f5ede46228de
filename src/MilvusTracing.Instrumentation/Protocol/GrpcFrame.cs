namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>A gRPC message on the wire: a compression flag (1 byte), the length (4 bytes), and the message.</summary>
/// <seealso href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"/>
internal struct GrpcFrame
{
    private const int HeaderLength = 5;

    private int _headerBytes;
    private uint _messageBytesLeft;

    public uint MessageLength { get; private set; }

    public bool IsCompressed { get; private set; }

    /// <summary>Whether the whole message was read.</summary>
    public readonly bool IsComplete => _headerBytes == HeaderLength && _messageBytesLeft == 0;

    /// <summary>Reads the next bytes of the frame.</summary>
    /// <returns>Those of them that belong to the message.</returns>
    public ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> bytes)
    {
        for (; _headerBytes < HeaderLength && !bytes.IsEmpty; bytes = bytes[1..], _headerBytes++)
        {
            if (_headerBytes == 0)
            {
                IsCompressed = bytes.Span[0] != 0;
            }
            else
            {
                MessageLength = _messageBytesLeft = (_messageBytesLeft << 8) | bytes.Span[0];
            }
        }

        var message = bytes[..(int)Math.Min(_messageBytesLeft, (uint)bytes.Length)];
        _messageBytesLeft -= (uint)message.Length;
        return message;
    }
}
