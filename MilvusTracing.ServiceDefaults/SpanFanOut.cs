using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Hands each finished span to every destination's own queue. Flushes them side by side: one after the other, as the
/// base class does, a destination that hangs would eat the time of the next.
/// </summary>
internal sealed class SpanFanOut(IReadOnlyList<SpanQueue> queues) : CompositeProcessor<Activity>(queues)
{
    public static SpanFanOut Create(IServiceProvider services, TelemetrySettings settings) =>
        new([.. settings.TraceDestinations.Select(destination => SpanQueue.Create(
            services,
            destination,
            destination == settings.Jaeger
                ? JaegerOptions(destination)
                : services.GetRequiredService<IOptionsFactory<OtlpExporterOptions>>().Create(Options.DefaultName)))]);

    protected override bool OnForceFlush(int timeoutMilliseconds)
    {
        var left = Parallelly.Run(queues, (queue, timeout) => queue.ForceFlush(timeout), timeoutMilliseconds);
        return base.OnForceFlush(left);
    }

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        var left = Parallelly.Run(queues, (queue, timeout) => queue.Shutdown(timeout), timeoutMilliseconds);

        // Processors that the application added after this one have become part of it.
        return base.OnShutdown(left);
    }

    /// <summary>Overrides all that the constructor took from OTEL_EXPORTER_OTLP_*, which is the other destination's.</summary>
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
