using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using MilvusTracing.ServiceDefaults;
using OpenTelemetry;
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
    /// <summary>Adds OpenTelemetry and the default health check.</summary>
    /// <remarks>
    /// <para>The OTLP exporter is configured by the <c>OTEL_*</c> variables of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/">OpenTelemetry
    /// specification</see>. Telemetry is exported to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, which Aspire sets to its dashboard;
    /// traces are exported to <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> if it is set. If only the latter is set, only traces
    /// are exported. If neither is set, nothing is exported.</para>
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
        var hasEndpoint = HasAddress(builder.Configuration, "OTEL_EXPORTER_OTLP_ENDPOINT");
        if (!HasAddress(builder.Configuration, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") && !hasEndpoint)
        {
            return builder;
        }

        var telemetry = builder.AddOpenTelemetry().UseOtlpExporter();
        if (!hasEndpoint)
        {
            // Metrics and logs would be exported to the default endpoint, localhost:4317.
            builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(_ => false);
            telemetry.WithMetrics(metrics => metrics.AddView(_ => MetricStreamConfiguration.Drop));
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<ExportWarnings>();
        return builder;
    }

    /// <summary>The SDK ignores an invalid address and exports to <c>http://localhost:4317</c>.</summary>
    private static bool HasAddress(IConfiguration configuration, string key) =>
        configuration[key] is { } value && !string.IsNullOrWhiteSpace(value)
        && (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? true
            // The value can contain a password, so it is not in the message.
            : throw new InvalidOperationException($"{key} is not an address such as http://localhost:4317."));
}
