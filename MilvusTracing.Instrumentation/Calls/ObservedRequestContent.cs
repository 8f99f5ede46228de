using System.Net;
using System.Runtime.CompilerServices;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A request's content that lets its call see the message as gRPC writes it, in one piece, to the connection.</summary>
internal sealed class ObservedRequestContent : HttpContent
{
    private readonly HttpContent _content;

    public ObservedRequestContent(HttpContent content, MilvusCall call)
    {
        (_content, Call) = (content, call);
        foreach (var header in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    public MilvusCall Call { get; }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => Serialize(_content, new ObservedWrites(stream, Call), context, cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => SerializeAsync(_content, new ObservedWrites(stream, Call), context, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }

    // Protected, that is, for contents to implement. CopyTo, which calls them, wraps what a connection throws, and
    // HttpClient, which looks at it, would wrap it again.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(SerializeToStream))]
    private static extern void Serialize(HttpContent content, Stream stream, TransportContext? context, CancellationToken cancellationToken);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(SerializeToStreamAsync))]
    private static extern Task SerializeAsync(HttpContent content, Stream stream, TransportContext? context, CancellationToken cancellationToken);
}

/// <summary>A stream that is written to; the first write is a gRPC frame.</summary>
internal sealed class ObservedWrites(Stream stream, MilvusCall call) : Stream
{
    private bool _isSeen;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        See(buffer.Span);
        return stream.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        See(buffer.AsSpan(offset, count));
        return stream.WriteAsync(buffer, offset, count, cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        See(buffer.AsSpan(offset, count));
        stream.Write(buffer, offset, count);
    }

    public override void Flush() => stream.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void See(ReadOnlySpan<byte> bytes)
    {
        if (_isSeen)
        {
            return;
        }

        _isSeen = true;
        try
        {
            var frame = new GrpcFrame();
            var message = frame.Take(bytes);
            if (!frame.IsCompressed)
            {
                call.Sent(message);
            }
        }
        catch (Exception exception)
        {
            InstrumentationEventSource.Log.Failed(nameof(ObservedWrites), exception);
        }
    }
}
