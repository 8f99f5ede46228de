using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// One destination's batch queue and exporter, which counts what is lost: the base class drops spans in silence when the
/// destination is too slow for them.
/// </summary>
internal sealed class SpanQueue : BatchActivityExportProcessor
{
    /// <summary>
    /// Holds a burst of 10,000 database operations (operation, gRPC call and one more span each) for a destination that
    /// takes nothing meanwhile. A full queue of database spans keeps about 21 MiB alive, which all destinations share.
    /// </summary>
    internal const int DefaultMaxSize = 32_768;

    private readonly Exporter _exporter;
    private readonly int _maxSize;

    private SpanQueue(Exporter exporter, int maxSize, BatchExportActivityProcessorOptions batch)
        : base(exporter, maxSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize)
    {
        _exporter = exporter;
        _maxSize = maxSize;
    }

    public static SpanQueue Create(IServiceProvider services, Destination destination, OtlpExporterOptions options) => new(
        new Exporter(options, destination, services.GetRequiredService<ExportWarnings>()),
        services.GetRequiredService<TelemetrySettings>().MaxQueueSize ?? DefaultMaxSize,
        services.GetRequiredService<IOptionsMonitor<BatchExportActivityProcessorOptions>>().CurrentValue);

    protected override void OnExport(Activity data)
    {
        if (_exporter.TryEnter(_maxSize))
        {
            base.OnExport(data);
        }
    }

    /// <summary>The base class is content as soon as the last batch has been taken out of the queue, and not when it has been sent.</summary>
    protected override bool OnForceFlush(int timeoutMilliseconds)
    {
        var start = Stopwatch.GetTimestamp();
        return base.OnForceFlush(timeoutMilliseconds) && _exporter.WaitUntilIdle(Parallelly.Left(timeoutMilliseconds, start));
    }

    /// <summary>Its thread reports, never one that ends a span: writing to a log may block.</summary>
    private sealed class Exporter(OtlpExporterOptions options, Destination destination, ExportWarnings warnings)
        : OtlpTraceExporter(options)
    {
        private readonly Lock _exporting = new();
        private long _waiting;
        private long _dropped;

        public bool TryEnter(int maxSize)
        {
            if (Interlocked.Increment(ref _waiting) <= maxSize)
            {
                return true;
            }

            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _dropped);
            return false;
        }

        public bool WaitUntilIdle(int timeoutMilliseconds)
        {
            if (!_exporting.TryEnter(timeoutMilliseconds))
            {
                return false;
            }

            _exporting.Exit();
            return true;
        }

        public override ExportResult Export(in Batch<Activity> batch)
        {
            var count = batch.Count;
            ExportResult result;
            lock (_exporting)
            {
                result = base.Export(batch);
            }

            Interlocked.Add(ref _waiting, -count);
            if (Volatile.Read(ref _dropped) is > 0 and var dropped && warnings.TryDropped(destination, dropped))
            {
                Interlocked.Add(ref _dropped, -dropped);
            }

            return result;
        }

        /// <summary>Comes when the queue is empty or its time is over; cancels the request that is under way.</summary>
        protected override bool OnShutdown(int timeoutMilliseconds)
        {
            if (Volatile.Read(ref _waiting) + Interlocked.Exchange(ref _dropped, 0) is > 0 and var count)
            {
                warnings.Undelivered(destination, count);
            }

            return base.OnShutdown(timeoutMilliseconds);
        }
    }
}
