namespace MilvusTracing.Verification;

/// <summary>
/// Reads JSON from another stream up to a number of bytes and of JSON objects. Objects are counted because <c>{},</c> takes
/// three bytes as text and about a hundred in memory.
/// </summary>
internal sealed class BoundedStream(Stream inner) : Stream
{
    // A span of Milvus takes about 750 bytes of OTLP JSON and 14 objects: these limits leave room for 200,000 spans.
    private long _bytes = 256L * 1024 * 1024;
    private int _objects = 4_000_000;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _bytes -= read;
        _objects -= buffer.Span[..read].Count((byte)'{');
        return _bytes >= 0 && _objects >= 0 ? read : throw new LimitExceededException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public sealed class LimitExceededException : Exception;
}
