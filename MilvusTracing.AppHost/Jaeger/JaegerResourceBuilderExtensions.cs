namespace Aspire.Hosting;

/// <summary>Adds Jaeger v2 to an application.</summary>
public static class JaegerResourceBuilderExtensions
{
    // The directory beside this file, and where its YAML stands in the container.
    private const string ConfigSource = "Jaeger/Config";
    private const string ConfigTarget = "/etc/jaeger";

    /// <summary>
    /// Adds a Jaeger v2 container that keeps spans in memory. Where the application has an Aspire dashboard, Jaeger
    /// relays to it the spans of every service that does not export there itself, so that both show whole traces.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="name">
    /// The name of the resource, and of the connection string that <c>WithReference</c> hands on: Jaeger's OTLP/gRPC URL.
    /// </param>
    /// <param name="otlpGrpcPort">
    /// The port on this machine for OTLP/gRPC, for senders that are not in the application; a free one when null.
    /// </param>
    /// <returns>A builder for the Jaeger resource.</returns>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger");
    /// builder.AddProject&lt;Projects.Api&gt;("api").WithReference(jaeger).WaitFor(jaeger);
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> AddJaeger(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, int? otlpGrpcPort = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.AddResource(new JaegerResource(name))
            .WithImage(JaegerContainerImageTags.Image, JaegerContainerImageTags.Tag)
            .WithImageRegistry(JaegerContainerImageTags.Registry)
            .WithIconName("GanttChart")
            .WithHttpEndpoint(port: otlpGrpcPort, targetPort: 4317, name: JaegerResource.OtlpGrpcEndpointName)
            .WithEndpoint(JaegerResource.OtlpGrpcEndpointName, endpoint => endpoint.Transport = "http2")
            .WithHttpEndpoint(targetPort: 4318, name: JaegerResource.OtlpHttpEndpointName)
            .WithHttpEndpoint(targetPort: 16686, name: JaegerResource.UIEndpointName)
            .WithHttpEndpoint(targetPort: 13133, name: JaegerResource.HealthEndpointName)
            .WithUrlForEndpoint(JaegerResource.UIEndpointName, url => url.DisplayText = "Jaeger UI")
            .WithUrlForEndpoint(JaegerResource.OtlpGrpcEndpointName, InDetailsOnly)
            .WithUrlForEndpoint(JaegerResource.OtlpHttpEndpointName, InDetailsOnly)
            .WithUrlForEndpoint(JaegerResource.HealthEndpointName, InDetailsOnly)
            .WithHttpHealthCheck("/status", endpointName: JaegerResource.HealthEndpointName)
            .WithContainerFiles(ConfigTarget, ConfigSource)
            .WithArgs($"--config={ConfigTarget}/jaeger.yaml")
            .WithDashboardRelay($"{ConfigTarget}/dashboard.yaml");
    }

    /// <summary>
    /// Keeps a service's spans out of what Jaeger relays to the Aspire dashboard. Only needed for a service that
    /// exports to the dashboard by means that Aspire does not know of, or under another name than its resource's.
    /// </summary>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="serviceName">The <c>service.name</c> of the spans.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static IResourceBuilder<JaegerResource> WithoutRelayOf(this IResourceBuilder<JaegerResource> builder, string serviceName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (string.IsNullOrWhiteSpace(serviceName))
        {
            throw new ArgumentException(
                $"{nameof(serviceName)} is '{serviceName}'; expected the service.name whose spans Jaeger is not to relay.", nameof(serviceName));
        }

        return builder.WithAnnotation(new NotRelayedAnnotation(serviceName));
    }

    private static void InDetailsOnly(ResourceUrlAnnotation url) => url.DisplayLocation = UrlDisplayLocation.DetailsOnly;
}
