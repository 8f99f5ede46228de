using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Hands each finished span to every destination's own batch queue. Flushes them side by side: one after the other, as
/// the base class does, a destination that hangs would eat the time of the next.
/// </summary>
internal sealed class SpanFanOut : CompositeProcessor<Activity>
{
    /// <summary>
    /// Holds the spans of 10,000 database operations in one burst (operation and gRPC call each, with room to spare)
    /// even when a destination takes none meanwhile. The queue itself takes 256 KiB; a full one keeps 32,768 spans
    /// alive, which all destinations share.
    /// </summary>
    internal const int DefaultMaxQueueSize = 32_768;

    private readonly BaseProcessor<Activity>[] _queues;

    private SpanFanOut(BaseProcessor<Activity>[] queues)
        : base(queues)
    {
        _queues = queues;
    }

    public static SpanFanOut Create(IServiceProvider services, TelemetrySettings settings)
    {
        var batch = services.GetRequiredService<IOptionsMonitor<BatchExportActivityProcessorOptions>>().CurrentValue;
        return new SpanFanOut([.. settings.TraceDestinations.Select(Queue)]);

        BaseProcessor<Activity> Queue(Destination destination) => new BatchActivityExportProcessor(
            new OtlpTraceExporter(
                destination == settings.Jaeger
                    ? JaegerOptions(destination)
                    : services.GetRequiredService<IOptionsFactory<OtlpExporterOptions>>().Create(Options.DefaultName)),
            settings.MaxQueueSize ?? DefaultMaxQueueSize,
            batch.ScheduledDelayMilliseconds,
            batch.ExporterTimeoutMilliseconds,
            batch.MaxExportBatchSize);
    }

    protected override bool OnForceFlush(int timeoutMilliseconds)
    {
        Parallelly.Run(_queues.Select(queue => (Action)(() => queue.ForceFlush(timeoutMilliseconds))), timeoutMilliseconds);
        return base.OnForceFlush(0);
    }

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        Parallelly.Run(_queues.Select(queue => (Action)(() => queue.Shutdown(timeoutMilliseconds))), timeoutMilliseconds);

        // Processors that the application added itself have become part of this one.
        return base.OnShutdown(timeoutMilliseconds);
    }

    /// <summary>Sets all that the constructor took from OTEL_EXPORTER_OTLP_*: those are the other destination's.</summary>
    private static OtlpExporterOptions JaegerOptions(Destination jaeger) => new()
    {
        Endpoint = jaeger.Address,
        Protocol = OtlpExportProtocol.Grpc,
        Headers = null,
        Compression = OtlpExportCompression.None,
        TimeoutMilliseconds = 10_000,
        HttpClientFactory = () => new HttpClient { Timeout = TimeSpan.FromSeconds(10) },
    };
}
