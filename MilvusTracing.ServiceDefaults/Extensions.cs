using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using MilvusTracing.ServiceDefaults;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// The defaults that every service of an Aspire application shares: traces, metrics, logs and a liveness check.
/// </summary>
public static class Extensions
{
    /// <summary>Adds OpenTelemetry and the default health check to an application.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="TelemetrySettingException">
    /// A setting is malformed; the message is one sentence that names it, its value and the expected form.
    /// </exception>
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
    /// Sets up what is recorded: logs with scopes, formatted message and trace ids; the runtime's metrics; gRPC client
    /// calls; and the <see cref="System.Diagnostics.ActivitySource"/> and
    /// <see cref="System.Diagnostics.Metrics.Meter"/> that are named as the application is
    /// (<see cref="IHostEnvironment.ApplicationName"/>). Then adds the exporters.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="TelemetrySettingException">A setting is malformed.</exception>
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
                .AddMeter(builder.Environment.ApplicationName))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                // Makes the call's own span Milvus's parent. Else that is HttpClient's span where HttpClient is instrumented too,
                // and where it is not, with versions up to 1.18 of the package, an activity of HttpClient's that nobody exports.
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true));

        return builder.AddOpenTelemetryExporters();
    }

    /// <summary>
    /// Sends traces, metrics and logs by OTLP to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, which Aspire sets to its
    /// dashboard, and traces also to Jaeger at the OTLP/gRPC address in <c>ConnectionStrings:jaeger</c>. Each is
    /// optional and has its own exporter and queue. Where both are one address, traces are sent there once.
    /// </summary>
    /// <remarks>
    /// The variables of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/">OpenTelemetry
    /// specification</see> keep their meaning; <c>OTEL_EXPORTER_OTLP_*</c> apply to the OTLP endpoint alone. When the
    /// host is disposed, both destinations are flushed at once, within 5 seconds in all.
    /// </remarks>
    /// <param name="builder">The application's builder.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="TelemetrySettingException">A setting is malformed.</exception>
    public static TBuilder AddOpenTelemetryExporters<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        var settings = TelemetrySettings.Read(builder.Configuration);
        var telemetry = builder.AddOpenTelemetry();
        if (settings.OtlpEndpoint is not null)
        {
            telemetry
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithLogging(logging => logging.AddOtlpExporter());
        }

        if (settings.TraceDestinations.Any())
        {
            telemetry.WithTracing(tracing => tracing.AddProcessor(provider => SpanFanOut.Create(provider, settings)));
        }

        builder.Services.AddSingleton(settings);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ExportWarnings>();
        builder.Services.AddHostedService<TelemetryLifetime>();
        return builder;
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
}
