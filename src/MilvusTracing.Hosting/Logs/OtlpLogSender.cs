using System.Threading.Channels;
using Grpc.Core;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Hosting.Logs;

/// <summary>
/// Exports log records over OTLP, in batches from a bounded queue. Records that do not fit into the queue, or that the
/// receiver rejects, are dropped and counted.
/// </summary>
/// <param name="serviceName">The <c>service.name</c> of the records.</param>
/// <param name="export">Sends one request, as the generated gRPC client does.</param>
/// <param name="time">The clock.</param>
internal sealed class OtlpLogSender(
    string serviceName, Func<ExportLogsServiceRequest, CancellationToken, Task<ExportLogsServiceResponse>> export, TimeProvider time)
{
    public const int QueueLength = 10_000;
    private const int BatchLength = 1_000;

    // gRPC servers accept messages of 4 MiB by default.
    private const int BatchBytes = 2 * 1024 * 1024;
    private static readonly TimeSpan InitialRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    private readonly Channel<LogRecord> _queue = Channel.CreateBounded<LogRecord>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private long _dropped;
    private string _reason = "";

    /// <summary>Queues a record. Never blocks.</summary>
    public void Add(LogRecord record)
    {
        if (!_queue.Writer.TryWrite(record))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Returns the number of records dropped since the last call, and the receiver's last error.</summary>
    public (long Count, string Reason) TakeDropped() => (Interlocked.Exchange(ref _dropped, 0), Interlocked.Exchange(ref _reason, ""));

    /// <summary>Exports queued records until canceled.</summary>
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

            await ExportAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ExportAsync(ScopeLogs batch, CancellationToken cancellationToken)
    {
        var resource = new Otlp.Resource { Attributes = { new KeyValue { Key = "service.name", Value = new() { StringValue = serviceName } } } };
        var request = new ExportLogsServiceRequest { ResourceLogs = { new ResourceLogs { Resource = resource, ScopeLogs = { batch } } } };
        for (var delay = InitialRetryDelay; ; delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay)
        {
            try
            {
                var response = await export(request, cancellationToken).ConfigureAwait(false);
                if (response.PartialSuccess is { RejectedLogRecords: > 0 } partial)
                {
                    Drop(partial.RejectedLogRecords, partial.ErrorMessage);
                }

                return;
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                _reason = $"{exception.StatusCode}: {exception.Status.Detail}";
                if (!IsRetryable(exception.StatusCode))
                {
                    Drop(batch.LogRecords.Count, _reason);
                    return;
                }
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Drop(long count, string reason)
    {
        _reason = reason;
        Interlocked.Add(ref _dropped, count);
    }

    // https://opentelemetry.io/docs/specs/otlp/#failures
    private static bool IsRetryable(StatusCode code) => code is
        StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted
        or StatusCode.OutOfRange or StatusCode.Unavailable or StatusCode.DataLoss;
}
