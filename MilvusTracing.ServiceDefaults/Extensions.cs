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
/// The defaults that every service of an Aspire application shares: traces, metrics, logs and a liveness check. They are
/// those of Aspire's template, with calls to Milvus as database operations and with warnings where telemetry is not taken.
/// </summary>
public static class Extensions
{
    /// <summary>Adds OpenTelemetry and the default health check to an application.</summary>
    /// <remarks>
    /// Exports by OTLP as the <c>OTEL_*</c> variables of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/">OpenTelemetry
    /// specification</see> say: everything to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, which Aspire sets to its dashboard,
    /// but traces to <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> where that is set. With the latter alone, traces alone
    /// are exported; with neither, nothing is. A destination that takes nothing shows in the log, once a minute. When
    /// the host is disposed, what is left is sent, within 5 seconds in all.
    /// </remarks>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="InvalidOperationException">An endpoint's address is malformed.</exception>
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
    /// Records logs with scopes, formatted message and trace ids; the runtime's metrics; gRPC client calls,
    /// those to Milvus as database operations; and the
    /// <see cref="System.Diagnostics.ActivitySource"/> and <see cref="System.Diagnostics.Metrics.Meter"/> that are named
    /// as the application is (<see cref="IHostEnvironment.ApplicationName"/>). Then adds the exporters, see <see cref="AddServiceDefaults"/>.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="InvalidOperationException">An endpoint's address is malformed.</exception>
    /// <example>
    /// Sources and meters of other names are added in the usual way:
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
                // Makes the call's own span the server's parent, not one of HttpClient's below it.
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                .AddMilvusClientInstrumentation());

        return builder.AddOpenTelemetryExporters();
    }

    /// <summary>Adds the check <c>self</c>, tagged <c>live</c>: healthy as long as the process answers.</summary>
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
        var everything = IsAddress(builder.Configuration, "OTEL_EXPORTER_OTLP_ENDPOINT");
        if (!IsAddress(builder.Configuration, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") && !everything)
        {
            return builder;
        }

        var telemetry = builder.AddOpenTelemetry().UseOtlpExporter();
        if (!everything)
        {
            // It would send the rest to the specification's default, localhost:4317.
            builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(_ => false);
            telemetry.WithMetrics(metrics => metrics.AddView(_ => MetricStreamConfiguration.Drop));
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<ExportWarnings>();
        return builder;
    }

    /// <summary>The SDK would take <c>http://localhost:4317</c> for an address that it cannot read, and say nothing.</summary>
    private static bool IsAddress(IConfiguration settings, string key) =>
        settings[key] is { } value && !string.IsNullOrWhiteSpace(value)
        && (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? true
            : throw new InvalidOperationException(
                $"{key} is '{value[(value.LastIndexOf('@') + 1)..]}'; expected http://host:port or https://host:port."));
}
