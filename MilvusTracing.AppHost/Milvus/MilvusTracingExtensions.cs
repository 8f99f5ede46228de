using System.Globalization;
using Aspire.Hosting.Milvus;

namespace Aspire.Hosting;

/// <summary>Makes Milvus trace.</summary>
public static class MilvusTracingExtensions
{
    private const string HealthEndpointName = "health";

    /// <summary>
    /// Makes Milvus and its C++ core send their spans to Jaeger, joined to the trace of the caller, and gives Milvus the
    /// health check that <c>AddMilvus</c> leaves out, so that <c>WaitFor</c> waits for a Milvus that serves.
    /// </summary>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="jaeger">Where the spans go. Milvus waits for it: its core gives up when no collector answers.</param>
    /// <param name="configure">Changes the options, after those of the configuration section <c>Tracing</c>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="DistributedApplicationException">An option is malformed or out of its range.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger");
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

        return builder
            .WithEnvironment("TRACE_EXPORTER", "otlp")
            .WithEnvironment("TRACE_OTLP_ENDPOINT", jaeger.Resource.OtlpGrpcEndpoint.Property(EndpointProperty.HostAndPort))
            .WithEnvironment("TRACE_OTLP_METHOD", "grpc")
            .WithEnvironment("TRACE_OTLP_SECURE", "false")
            .WithEnvironment("TRACE_INITTIMEOUTSECONDS", "10")
            .WithEnvironment("TRACE_SAMPLEFRACTION", options.SampleFraction.ToString(CultureInfo.InvariantCulture))
            // The Go exporter's batch delay; its default of 5 s keeps spans out of sight for that long.
            .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "200")
            .WithReferenceRelationship(jaeger)
            .WaitFor(jaeger)
            .WithHttpEndpoint(targetPort: 9091, name: HealthEndpointName)
            .WithUrlForEndpoint(HealthEndpointName, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithHttpHealthCheck("/healthz", endpointName: HealthEndpointName);
    }
}
