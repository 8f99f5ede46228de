using System.Threading.Channels;
using Grpc.Core;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// Sends log records in batches from a bounded queue: whoever adds one never waits. What the queue has no room for, or
/// the receiver does not take, is counted.
/// </summary>
/// <param name="service">The records' service name.</param>
/// <param name="export">Sends a request, as the generated client does.</param>
/// <param name="time">The clock.</param>
internal sealed class OtlpLogSender(
    string service, Func<ExportLogsServiceRequest, CancellationToken, Task<ExportLogsServiceResponse>> export, TimeProvider time)
{
    public const int QueueLength = 10_000;
    private const int BatchLength = 1_000;

    // gRPC servers take 4 MB unless told otherwise.
    private const int BatchBytes = 2 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Channel<LogRecord> _queue = Channel.CreateBounded<LogRecord>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private long _lost;
    private string _reason = "";

    public void Add(LogRecord record)
    {
        if (!_queue.Writer.TryWrite(record))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>The records lost since the last call, and what the receiver said last when it did not take them.</summary>
    public (long Count, string Reason) TakeLost() => (Interlocked.Exchange(ref _lost, 0), Interlocked.Exchange(ref _reason, ""));

    /// <summary>Sends until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var batch = new ScopeLogs { Scope = new() { Name = "milvus" } };
            for (var bytes = 0; batch.LogRecords.Count < BatchLength && bytes < BatchBytes && _queue.Reader.TryRead(out var record);)
            {
                batch.LogRecords.Add(record);
                bytes += record.CalculateSize();
            }

            await SendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(ScopeLogs batch, CancellationToken cancellationToken)
    {
        var resource = new Otlp.Resource { Attributes = { new KeyValue { Key = "service.name", Value = new() { StringValue = service } } } };
        var request = new ExportLogsServiceRequest { ResourceLogs = { new ResourceLogs { Resource = resource, ScopeLogs = { batch } } } };
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var answer = await export(request, cancellationToken).ConfigureAwait(false);
                if (answer.PartialSuccess is { RejectedLogRecords: > 0 } partial)
                {
                    Lose(partial.RejectedLogRecords, partial.ErrorMessage);
                }

                return;
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                _reason = $"{exception.StatusCode}: {exception.Status.Detail}";
                if (!IsRetryable(exception.StatusCode))
                {
                    Lose(batch.LogRecords.Count, _reason);
                    return;
                }
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Lose(long count, string reason)
    {
        _reason = reason;
        Interlocked.Add(ref _lost, count);
    }

    // https://opentelemetry.io/docs/specs/otlp/#failures
    private static bool IsRetryable(StatusCode code) => code is
        StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted
        or StatusCode.OutOfRange or StatusCode.Unavailable or StatusCode.DataLoss;
}
