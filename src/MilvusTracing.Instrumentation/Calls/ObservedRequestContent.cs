using System.Net;
using System.Runtime.CompilerServices;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A request's content that lets its call see the message as gRPC writes it, in one piece, to the connection.</summary>
internal sealed class ObservedRequestContent(HttpContent content, MilvusCall call) : ObservedContent(content)
{
    public MilvusCall Call => call;

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => Serialize(Content, new ObservedWrites(stream, call), context, cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        => SerializeAsync(Content, new ObservedWrites(stream, call), context, cancellationToken);

    // Protected, that is, for contents to implement. CopyTo, which calls them, wraps what a connection throws, and
    // HttpClient, which looks at it, would wrap it again.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(SerializeToStream))]
    private static extern void Serialize(HttpContent content, Stream stream, TransportContext? context, CancellationToken cancellationToken);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(SerializeToStreamAsync))]
    private static extern Task SerializeAsync(HttpContent content, Stream stream, TransportContext? context, CancellationToken cancellationToken);
}

/// <summary>A stream that is written to; the first write is a gRPC frame.</summary>
internal sealed class ObservedWrites(Stream stream, MilvusCall call) : ObservedStream(stream)
{
    private bool _isObserved;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Observe(buffer.Span);
        return Inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Observe(buffer.AsSpan(offset, count));
        return Inner.WriteAsync(buffer, offset, count, cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        Observe(buffer.AsSpan(offset, count));
        Inner.Write(buffer, offset, count);
    }

    private void Observe(ReadOnlySpan<byte> bytes)
    {
        if (_isObserved)
        {
            return;
        }

        _isObserved = true;
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
