namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A message on the wire: a byte that tells whether it is compressed, four of its length, and the message.</summary>
/// <seealso href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"/>
internal static class GrpcFrame
{
    public const int HeaderLength = 5;

    /// <returns>Whether the message can be read: it is there and not compressed.</returns>
    public static bool TryReadMessage(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> message)
    {
        if (frame.Length < HeaderLength || frame[0] != 0)
        {
            message = default;
            return false;
        }

        message = frame[HeaderLength..];
        return true;
    }
}
