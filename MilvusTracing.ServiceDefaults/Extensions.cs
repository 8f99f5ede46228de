using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using MilvusTracing.ServiceDefaults;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// The defaults of every service of an Aspire application: traces, metrics, logs and a liveness check. They are those of
/// Aspire's template, with Milvus client instrumentation and with warnings for failed exports.
/// </summary>
public static class Extensions
{
    /// <summary>
    /// Adds OpenTelemetry and the health check <c>self</c> with the tag <c>live</c>. Records logs with scopes and formatted
    /// messages, runtime metrics, gRPC client calls, Milvus operations, and the <see cref="System.Diagnostics.ActivitySource"/>
    /// and <see cref="System.Diagnostics.Metrics.Meter"/> with the name of the application
    /// (<see cref="IHostEnvironment.ApplicationName"/>).
    /// </summary>
    /// <remarks>
    /// <para>The OTLP exporter is configured by the <c>OTEL_*</c> variables of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/">OpenTelemetry
    /// specification</see>. Telemetry is exported to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, which Aspire sets to its dashboard;
    /// traces are exported to <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> if it is set, metrics and logs to
    /// <c>OTEL_EXPORTER_OTLP_METRICS_ENDPOINT</c> and <c>OTEL_EXPORTER_OTLP_LOGS_ENDPOINT</c>. A signal without any of these
    /// endpoints is not exported.</para>
    /// <para>Failed exports are logged as warnings, at most once a minute for each endpoint. Disposing the host flushes the
    /// remaining telemetry, within 5 seconds.</para>
    /// </remarks>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="InvalidOperationException">The address of an endpoint is invalid.</exception>
    /// <example>
    /// Add sources and meters with other names to the OpenTelemetry builder:
    /// <code>
    /// builder.AddServiceDefaults();
    /// builder.Services.AddOpenTelemetry()
    ///     .WithTracing(tracing => tracing.AddSource("Shop.Orders"))
    ///     .WithMetrics(metrics => metrics.AddMeter("Shop.Orders"));
    /// </code>
    /// </example>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        var telemetry = builder.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddMeter("System.Runtime")
                .AddMilvusClientInstrumentation()
                .AddMeter(builder.Environment.ApplicationName))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                // Without this, the server's parent would be the HttpClient span below the gRPC span.
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                .AddMilvusClientInstrumentation());

        if (AddExporters(telemetry, builder.Configuration))
        {
            builder.Services.TryAddSingleton(TimeProvider.System);
            builder.Services.AddHostedService<ExportWarnings>();
        }

        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]);
        return builder;
    }

    /// <returns>Whether a signal has an endpoint.</returns>
    private static bool AddExporters(IOpenTelemetryBuilder telemetry, IConfiguration configuration)
    {
        var signals = new[] { "TRACES", "METRICS", "LOGS" }.Where(signal => HasAddress(configuration, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")).ToList();
        if (HasAddress(configuration, "OTEL_EXPORTER_OTLP_ENDPOINT"))
        {
            telemetry.UseOtlpExporter();
            return true;
        }

        // UseOtlpExporter would export signals without an endpoint to the default one, localhost:4317.
        foreach (var signal in signals)
        {
            void Configure(OtlpExporterOptions options) => ConfigureExporter(options, configuration, $"OTEL_EXPORTER_OTLP_{signal}_");
            _ = signal switch
            {
                "TRACES" => telemetry.WithTracing(tracing => tracing.AddOtlpExporter(Configure)),
                "METRICS" => telemetry.WithMetrics(metrics => metrics.AddOtlpExporter(Configure)),
                _ => telemetry.WithLogging(logging => logging.AddOtlpExporter(Configure)),
            };
        }

        return signals.Count > 0;
    }

    /// <summary>Applies the variables of one signal. The exporter itself reads only those for all signals.</summary>
    private static void ConfigureExporter(OtlpExporterOptions options, IConfiguration configuration, string prefix)
    {
        options.Endpoint = new Uri(configuration[prefix + "ENDPOINT"]!);
        options.Headers = configuration[prefix + "HEADERS"] ?? options.Headers;
        options.Protocol = Enum.TryParse(configuration[prefix + "PROTOCOL"]?.Replace("/", ""), ignoreCase: true, out OtlpExportProtocol protocol)
            ? protocol : options.Protocol;
        options.Compression = Enum.TryParse(configuration[prefix + "COMPRESSION"], ignoreCase: true, out OtlpExportCompression compression)
            ? compression : options.Compression;
        options.TimeoutMilliseconds = int.TryParse(configuration[prefix + "TIMEOUT"], out var timeout) ? timeout : options.TimeoutMilliseconds;
    }

    /// <summary>The SDK ignores an invalid address and exports to <c>http://localhost:4317</c>.</summary>
    private static bool HasAddress(IConfiguration configuration, string key) =>
        configuration[key] is { } value && !string.IsNullOrWhiteSpace(value)
        && (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? true
            // The value can contain a password, so it is not in the message.
            : throw new InvalidOperationException($"{key} is not an address such as http://localhost:4317."));
}
