using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Wraps a stream and observes the bytes that are read from it or written to it, from start to end.</summary>
internal abstract class ObservedStream(Stream inner) : Stream
{
    private bool _isDone;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        ObserveSafely(buffer.AsSpan(offset, read));
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        // gRPC waits for a response with a read of 0 bytes.
        => _isDone || buffer.IsEmpty ? inner.ReadAsync(buffer, cancellationToken) : ReadAndObserveAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObserveSafely(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <returns>Whether to observe the bytes that follow.</returns>
    protected abstract bool Observe(ReadOnlySpan<byte> bytes);

    protected override void Dispose(bool disposing)
    {
        if (disposing && CanRead)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAndObserveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        ObserveSafely(buffer.Span[..read]);
        return read;
    }

    private void ObserveSafely(ReadOnlySpan<byte> bytes)
    {
        if (_isDone || bytes.IsEmpty)
        {
            return;
        }

        try
        {
            _isDone = !Observe(bytes);
        }
        catch (Exception exception)
        {
            _isDone = true;
            InstrumentationEventSource.Log.Failed(GetType().Name, exception);
        }
    }
}

/// <summary>Passes the message of a request to its call. gRPC writes a message in one piece.</summary>
internal sealed class ObservedRequestStream(Stream stream, MilvusCall call) : ObservedStream(stream)
{
    protected override bool Observe(ReadOnlySpan<byte> bytes)
    {
        var frame = new GrpcFrame();
        var message = frame.Read(bytes);
        if (!frame.IsCompressed)
        {
            call.OnRequest(message);
        }

        return false;
    }
}

/// <summary>Passes the status in the message of a response to its call.</summary>
internal sealed class ObservedResponseStream(Stream stream, MilvusCall call) : ObservedStream(stream)
{
    private GrpcFrame _frame;
    private StatusReader _status = new();

    protected override bool Observe(ReadOnlySpan<byte> bytes)
    {
        var message = _frame.Read(bytes);
        if (_frame.IsCompressed)
        {
            return false;
        }

        _status.Read(message);
        if (!_status.IsComplete && !_frame.IsComplete)
        {
            return true;
        }

        call.OnResponse(_status);
        return false;
    }
}
