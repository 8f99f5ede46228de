using OpenTelemetry.Resources;

namespace MilvusTracing.Worker.Telemetry;

internal static class TelemetryExtensions
{
    private const string ServiceName = "milvus-client";

    /// <summary>Exports the worker's own spans and metrics, as service <c>milvus-client</c> unless told otherwise.</summary>
    public static void AddDatabaseTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DatabaseTelemetry>();
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSource(Instrumentation.Name))
            .WithMetrics(metrics => metrics.AddMeter(Instrumentation.Name))
            .ConfigureResource(resource => resource
                .AddService(ServiceName)
                .AddEnvironmentVariableDetector()); // after it, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
    }
}
