using System.Net;
using System.Runtime.CompilerServices;
using MilvusTracing.Instrumentation.Protocol;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>A response's content that lets its call see Milvus's answer as gRPC reads it.</summary>
internal sealed class ObservedResponseContent(HttpContent content, MilvusCall call) : ObservedContent(content)
{
    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        => new ObservedReads(Content.ReadAsStream(cancellationToken), call);

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        var opening = Content.ReadAsStreamAsync(cancellationToken);
        return opening.IsCompletedSuccessfully ? Task.FromResult<Stream>(new ObservedReads(opening.Result, call)) : AwaitAsync(opening);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => await (await CreateContentReadStreamAsync().ConfigureAwait(false)).CopyToAsync(stream).ConfigureAwait(false);

    private async Task<Stream> AwaitAsync(Task<Stream> opening) => new ObservedReads(await opening.ConfigureAwait(false), call);
}

/// <summary>A stream that is read from; what comes is a gRPC frame.</summary>
internal sealed class ObservedReads(Stream stream, MilvusCall call) : ObservedStream(stream)
{
    private GrpcFrame _frame;
    private StrongBox<AnswerReader>? _answer;
    private bool _isDone;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = Inner.ReadAsync(buffer, cancellationToken);
        // gRPC waits by reading no byte; what it reads then is there already, mostly.
        if (_isDone || buffer.IsEmpty)
        {
            return reading;
        }

        if (!reading.IsCompletedSuccessfully)
        {
            return AwaitAsync(reading, buffer);
        }

        var count = reading.Result;
        Observe(buffer.Span[..count]);
        return new ValueTask<int>(count);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = Inner.Read(buffer, offset, count);
        if (!_isDone && count > 0)
        {
            Observe(buffer.AsSpan(offset, read));
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> AwaitAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        var count = await reading.ConfigureAwait(false);
        Observe(buffer.Span[..count]);
        return count;
    }

    /// <summary>No byte is the end.</summary>
    private void Observe(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var message = _frame.Take(bytes);
            if (_frame.IsCompressed)
            {
                // Neither the status nor the rows can be seen.
                _isDone = true;
            }
            else if (bytes.IsEmpty || !message.IsEmpty || _frame.IsComplete)
            {
                Read(message, isLast: bytes.IsEmpty || _frame.IsComplete);
            }
        }
        catch (Exception exception)
        {
            _isDone = true;
            InstrumentationEventSource.Log.Failed(nameof(ObservedReads), exception);
        }
    }

    /// <summary>Most answers are read at once; a reader is kept only for those that are not.</summary>
    private void Read(ReadOnlySpan<byte> message, bool isLast)
    {
        var answer = _answer is null ? call.Answer() : _answer.Value;
        answer.Read(message);
        if (isLast)
        {
            answer.End();
        }

        if (answer.IsDone)
        {
            _isDone = true;
            call.Answered(answer);
        }
        else
        {
            _answer ??= new StrongBox<AnswerReader>();
            _answer.Value = answer;
        }
    }
}
