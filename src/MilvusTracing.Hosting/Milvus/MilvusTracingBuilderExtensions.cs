using System.Globalization;
using Aspire.Hosting.Milvus;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Makes Milvus trace.</summary>
public static class MilvusTracingBuilderExtensions
{
    /// <summary>
    /// Makes Milvus and its C++ core send their spans to Jaeger, joined to the trace of the caller, and gives Milvus a
    /// health check, so that <c>WaitFor</c> waits for a Milvus that serves. Lines of
    /// Milvus's log go to the dashboard, each to the trace whose id it carries.
    /// </summary>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="jaeger">Where the spans go.</param>
    /// <param name="configure">Changes the options, after those of the configuration section <c>Tracing</c>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="DistributedApplicationException">An option is malformed or out of its range.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithAppForwarding();
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger, options => options.SampleFraction = 0.1);
    /// </code>
    /// </example>
    public static IResourceBuilder<MilvusServerResource> WithTracing(
        this IResourceBuilder<MilvusServerResource> builder,
        IResourceBuilder<JaegerResource> jaeger,
        Action<MilvusTracingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(jaeger);

        var options = MilvusTracingOptions.Read(builder.ApplicationBuilder.Configuration);
        configure?.Invoke(options);
        options.Validate();

        builder
            .WithAnnotation(new TracesToAnnotation(jaeger.Resource), ResourceAnnotationMutationBehavior.Replace)
            // Else 2.6 and later take themselves for distributed and refuse their embedded etcd.
            .WithEnvironment("DEPLOY_MODE", "STANDALONE")
            .WithEnvironment("TRACE_EXPORTER", "otlp")
            .WithEnvironment("TRACE_OTLP_METHOD", "grpc")
            .WithEnvironment("TRACE_INITTIMEOUTSECONDS", "10")
            .WithEnvironment("TRACE_SAMPLEFRACTION", options.SampleFraction.ToString(CultureInfo.InvariantCulture))
            // The Go exporter's batch delay; its default of 5 s keeps spans out of sight for that long.
            .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "200")
            .WithEnvironment(context => SendTo(jaeger, context))
            .WithReferenceRelationship(jaeger)
            // Milvus panics when no collector answers within the timeout above.
            .WaitFor(jaeger)
            .WithReadiness()
            .WithLogForwarding(options.Logs);

        // Jaeger's pages open where Milvus's last traces are listed, the newest first.
        jaeger.WithUrlForEndpoint(JaegerResource.UIEndpointName, url => url.Url = "/search?service=standalone&lookback=1h&limit=20");

        if (MilvusEmulatorResource.IsInPlaceOf(builder.Resource))
        {
            jaeger.Resource.LeaveOutFor(builder);
        }

        return builder;
    }

    /// <summary>The Jaeger that gets this Milvus's spans; null where it does not trace.</summary>
    internal static JaegerResource? TracesTo(this MilvusServerResource milvus) =>
        milvus.TryGetLastAnnotation<TracesToAnnotation>(out var annotation) ? annotation.Jaeger : null;

    /// <summary>To Jaeger; where that was left out, as by the emulator, to the dashboard.</summary>
    private static void SendTo(IResourceBuilder<JaegerResource> jaeger, EnvironmentCallbackContext context)
    {
        var environment = context.EnvironmentVariables;
        var model = context.ExecutionContext.Services.GetRequiredService<DistributedApplicationModel>();
        if (model.Resources.Contains(jaeger.Resource))
        {
            environment["TRACE_OTLP_ENDPOINT"] = jaeger.Resource.OtlpGrpcEndpoint.Property(EndpointProperty.HostAndPort);
            environment["TRACE_OTLP_SECURE"] = "false";
        }
        else if (model.DashboardOtlpEndpoint() is { } dashboard)
        {
            environment["TRACE_OTLP_ENDPOINT"] = dashboard.Property(EndpointProperty.HostAndPort);
            environment["TRACE_OTLP_SECURE"] = dashboard.IsHttps ? "true" : "false";
            environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={jaeger.ApplicationBuilder.DashboardOtlpKey()}";
        }
        else
        {
            environment["TRACE_EXPORTER"] = "noop";
        }
    }

    private sealed record TracesToAnnotation(JaegerResource Jaeger) : IResourceAnnotation;
}
