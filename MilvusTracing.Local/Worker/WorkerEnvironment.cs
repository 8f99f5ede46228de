using MilvusTracing.Local.Settings;

namespace MilvusTracing.Local.Worker;

/// <summary>The worker's environment: the variables that the AppHost gives it, with the same names and forms.</summary>
internal static class WorkerEnvironment
{
    public const string ServiceName = "milvus-client";

    /// <summary>What differs from this process's own environment; null takes a variable away.</summary>
    /// <param name="milvus">The connection string of Milvus.</param>
    /// <param name="settings">Where Jaeger is.</param>
    /// <param name="otlp">Where all telemetry goes; null where that is Jaeger alone.</param>
    /// <param name="once">Whether it ends after a pass.</param>
    public static Dictionary<string, string?> For(string milvus, LocalSettings settings, OtlpDestination? otlp, bool once)
    {
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__milvus"] = milvus,
            ["ConnectionStrings__jaeger"] = settings.Jaeger?.OriginalString,
            ["JAEGER_URL"] = settings.JaegerUrl?.OriginalString,
            ["OTEL_SERVICE_NAME"] = ServiceName,
            ["OTEL_RESOURCE_ATTRIBUTES"] = string.Join(',', new[]
            {
                Environment.GetEnvironmentVariable("OTEL_RESOURCE_ATTRIBUTES"),
                $"service.instance.id={Guid.NewGuid():N}",
            }.Where(attribute => !string.IsNullOrEmpty(attribute))),
        };
        if (otlp is not null)
        {
            // A variable for one signal, as OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, would win over these.
            foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("OTEL_EXPORTER_OTLP_")))
            {
                environment[name] = null;
            }
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Endpoint.OriginalString;
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
            environment["OTEL_EXPORTER_OTLP_HEADERS"] = otlp.Headers;
        }

        // Aspire's values for development; the user's own win.
        foreach (var (name, value) in new[]
        {
            ("OTEL_BLRP_SCHEDULE_DELAY", "1000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
            ("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based"),
            ("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory"),
        })
        {
            environment[name] = Environment.GetEnvironmentVariable(name) ?? value;
        }

        if (once)
        {
            environment["Worker__Passes"] = "1";
        }
        return environment;
    }
}
