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
    private const string Traces = "TRACES";
    private const string Metrics = "METRICS";
    private const string Logs = "LOGS";

    /// <summary>Adds OpenTelemetry and the default health check.</summary>
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
    /// <code>
    /// var builder = Host.CreateApplicationBuilder(args);
    /// builder.AddServiceDefaults();
    /// await builder.Build().RunAsync();
    /// </code>
    /// </example>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        return builder;
    }

    /// <summary>
    /// Records logs with scopes and formatted messages, runtime metrics, gRPC client calls, Milvus operations, and the
    /// <see cref="System.Diagnostics.ActivitySource"/> and <see cref="System.Diagnostics.Metrics.Meter"/> with the name of the
    /// application (<see cref="IHostEnvironment.ApplicationName"/>). Adds the exporters that <see cref="AddServiceDefaults"/> describes.
    /// </summary>
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
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        builder.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddMeter("System.Runtime")
                .AddMilvusClientInstrumentation()
                .AddMeter(builder.Environment.ApplicationName))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                // Without this, the server's parent would be the HttpClient span below the gRPC span.
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                .AddMilvusClientInstrumentation());

        return builder.AddOpenTelemetryExporters();
    }

    /// <summary>Adds the health check <c>self</c> with the tag <c>live</c>, which is healthy while the process responds.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]);
        return builder;
    }

    private static TBuilder AddOpenTelemetryExporters<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        var configuration = builder.Configuration;
        var hasEndpoint = HasAddress(configuration, "OTEL_EXPORTER_OTLP_ENDPOINT");
        string[] signals = [.. new[] { Traces, Metrics, Logs }.Where(signal => HasAddress(configuration, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))];
        if (!hasEndpoint && signals.Length == 0)
        {
            return builder;
        }

        var telemetry = builder.AddOpenTelemetry();
        if (hasEndpoint)
        {
            telemetry.UseOtlpExporter();
        }
        else
        {
            // UseOtlpExporter would export the other signals to the default endpoint, localhost:4317.
            telemetry.WithTracing(tracing => AddIf(Traces, configure => tracing.AddOtlpExporter(configure)));
            telemetry.WithMetrics(metrics => AddIf(Metrics, configure => metrics.AddOtlpExporter(configure)));
            telemetry.WithLogging(logging => AddIf(Logs, configure => logging.AddOtlpExporter(configure)));
            if (!signals.Contains(Logs))
            {
                builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(_ => false);
            }
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<ExportWarnings>();
        return builder;

        void AddIf(string signal, Action<Action<OtlpExporterOptions>> add)
        {
            if (signals.Contains(signal))
            {
                add(options => Configure(options, configuration, signal));
            }
        }
    }

    /// <summary>Sets what the variables of one signal say. The exporter reads the variables for all signals itself.</summary>
    private static void Configure(OtlpExporterOptions options, IConfiguration configuration, string signal)
    {
        var prefix = $"OTEL_EXPORTER_OTLP_{signal}_";
        string? Setting(string name) => configuration[prefix + name];

        options.Endpoint = new Uri(Setting("ENDPOINT")!);
        options.Headers = Setting("HEADERS") ?? options.Headers;
        options.Protocol = Setting("PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        options.Compression = Setting("COMPRESSION") switch
        {
            "gzip" => OtlpExportCompression.GZip,
            "none" => OtlpExportCompression.None,
            _ => options.Compression,
        };
        options.TimeoutMilliseconds = int.TryParse(Setting("TIMEOUT"), out var timeout) ? timeout : options.TimeoutMilliseconds;
    }

    /// <summary>The SDK ignores an invalid address and exports to <c>http://localhost:4317</c>.</summary>
    private static bool HasAddress(IConfiguration configuration, string key) =>
        configuration[key] is { } value && !string.IsNullOrWhiteSpace(value)
        && (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? true
            // The value can contain a password, so it is not in the message.
            : throw new InvalidOperationException($"{key} is not an address such as http://localhost:4317."));
}
