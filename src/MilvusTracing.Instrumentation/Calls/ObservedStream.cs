using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Wraps a stream and observes the bytes that are read from it or written to it, from start to end.</summary>
internal abstract class ObservedStream(Stream inner, MilvusCall call) : Stream
{
    /// <summary>Null if the bytes that follow need no observation.</summary>
    private MilvusCall? _call = call;

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
        => ObserveRead(buffer.AsMemory(offset, count), inner.Read(buffer, offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(buffer, cancellationToken);
        // gRPC waits for a response with a read of 0 bytes.
        if (_call is null || buffer.IsEmpty)
        {
            return reading;
        }

        return reading.IsCompletedSuccessfully ? new(ObserveRead(buffer, reading.Result)) : ObserveReadAsync(buffer, reading);
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObserveSafely(buffer);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <returns>Whether to observe the bytes that follow.</returns>
    protected abstract bool Observe(MilvusCall call, ReadOnlyMemory<byte> bytes);

    protected override void Dispose(bool disposing)
    {
        if (disposing && CanRead)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ObserveReadAsync(Memory<byte> buffer, ValueTask<int> reading) => ObserveRead(buffer, await reading.ConfigureAwait(false));

    private int ObserveRead(ReadOnlyMemory<byte> buffer, int read)
    {
        ObserveSafely(buffer[..read]);
        return read;
    }

    private void ObserveSafely(ReadOnlyMemory<byte> bytes)
    {
        if (_call is null || bytes.IsEmpty)
        {
            return;
        }

        try
        {
            _call = Observe(_call, bytes) ? _call : null;
        }
        catch (Exception exception)
        {
            _call = null;
            InstrumentationEventSource.Log.Failed(GetType().Name, exception);
        }
    }
}

/// <summary>Passes the message of a request to its call. gRPC writes a message in one piece.</summary>
internal sealed class ObservedRequestStream(Stream stream, MilvusCall call) : ObservedStream(stream, call)
{
    protected override bool Observe(MilvusCall call, ReadOnlyMemory<byte> bytes)
    {
        var frame = new GrpcFrame();
        var message = frame.Read(bytes);
        if (!frame.IsCompressed)
        {
            call.OnRequest(message.Span);
        }

        return false;
    }
}

/// <summary>
/// Passes the status in the message of a response to its call, and the whole message if the call wants it. Reads only the
/// start of a gzip-compressed message.
/// </summary>
internal sealed class ObservedResponseStream(Stream stream, MilvusCall call) : ObservedStream(stream, call)
{
    private const int MaxCompressedLength = 8 * 1024;

    private GrpcFrame _frame;
    private StrongBox<(StatusReader Status, MemoryStream? Compressed)>? _incomplete;
    private ArraySegment<byte> _message;

    protected override bool Observe(MilvusCall call, ReadOnlyMemory<byte> bytes)
    {
        var message = _frame.Read(bytes);
        if (message.IsEmpty && !_frame.IsComplete)
        {
            return true;
        }

        var (status, compressed) = _incomplete is null ? (new StatusReader(), null) : _incomplete.Value;
        if (_frame.IsCompressed)
        {
            ReadCompressed(message.Span, compressed ??= new MemoryStream(), ref status);
        }
        else
        {
            status.Read(message.Span);
            Append(message);
        }

        var isDone = status.IsComplete && (!call.ReadsResult || _frame.IsCompressed);
        if (!isDone && !_frame.IsComplete && compressed is not { Length: >= MaxCompressedLength })
        {
            // Most messages are read at once, so that this is not allocated.
            (_incomplete ??= new()).Value = (status, compressed);
            return true;
        }

        call.OnResponse(status, _frame.IsComplete && _message.Count == _frame.MessageLength ? _message : default);
        return false;
    }

    /// <summary>gRPC reads a message into one array. If a handler does not, it is not passed on.</summary>
    private void Append(ReadOnlyMemory<byte> piece)
    {
        if (MemoryMarshal.TryGetArray(piece, out var segment))
        {
            _message = segment.Array == _message.Array && segment.Offset == _message.Offset + _message.Count
                ? new ArraySegment<byte>(segment.Array!, _message.Offset, _message.Count + segment.Count)
                : segment;
        }
    }

    private void ReadCompressed(ReadOnlySpan<byte> message, MemoryStream compressed, ref StatusReader status)
    {
        compressed.Write(message[..(int)Math.Min(message.Length, MaxCompressedLength - compressed.Length)]);
        if (compressed.Length < MaxCompressedLength && !_frame.IsComplete)
        {
            return;
        }

        compressed.Position = 0;
        using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
        Span<byte> buffer = stackalloc byte[1024];
        for (var read = gzip.Read(buffer); read > 0 && !status.IsComplete; read = gzip.Read(buffer))
        {
            status.Read(buffer[..read]);
        }
    }
}
