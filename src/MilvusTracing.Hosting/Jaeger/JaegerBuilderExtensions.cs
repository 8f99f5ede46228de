using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Adds Jaeger v2, an OpenTelemetry Collector with a store and pages, and makes it the application's hub for traces.</summary>
public static class JaegerBuilderExtensions
{
    private const string ConfigFolder = "/etc/jaeger";

    /// <summary>
    /// Adds a Jaeger v2 container that keeps spans in memory. Where the application has an Aspire dashboard, Jaeger
    /// relays every span to it, so that both show whole traces.
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
    /// var jaeger = builder.AddJaeger("jaeger").WithAppForwarding();
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger);
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
            .WithEnvironment("JAEGER_LISTEN_HOST", "0.0.0.0")
            .WithConfig("jaeger.yaml")
            .WithDashboardRelay()
            .WithSpanMetrics();
    }

    /// <summary>
    /// Makes every resource that has an OTLP exporter, projects among them, send its traces to Jaeger, in any language
    /// whose exporter honours <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> (in .NET <c>UseOtlpExporter()</c>). Metrics and
    /// logs go straight to the dashboard; traces come there by Jaeger's relay.
    /// </summary>
    /// <remarks>
    /// Jaeger also counts what it receives: for each service, the dashboard's page "Metrics" has <c>calls</c> and
    /// <c>duration</c> (milliseconds), by span name, kind and status.
    /// The variables are those of the
    /// <see href="https://opentelemetry.io/docs/specs/otel/protocol/exporter/">OTLP exporter specification</see>. Such a
    /// resource starts after Jaeger, and keeps up to 32,768 spans in its queue unless <c>OTEL_BSP_MAX_QUEUE_SIZE</c> says otherwise.
    /// </remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="spanMetrics">Whether Jaeger sends the dashboard metrics of the spans.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddJaeger("jaeger").WithAppForwarding();
    /// builder.AddProject&lt;Projects.Shop&gt;("shop");
    /// builder.AddExecutable("search", "python", ".", "app.py").WithOtlpExporter();
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> WithAppForwarding(this IResourceBuilder<JaegerResource> builder, bool spanMetrics = true)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Resource.SpanMetrics ??= spanMetrics;
        builder.ApplicationBuilder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            if (start.Model.Resources.Contains(builder.Resource))
            {
                foreach (var sender in start.Model.Resources.OfType<IResourceWithEnvironment>()
                    .Where(resource => resource.HasAnnotationOfType<OtlpExporterAnnotation>()))
                {
                    builder.ApplicationBuilder.CreateResourceBuilder(sender)
                        .WithEnvironment(context => Forward(context.EnvironmentVariables, builder.Resource))
                        .WithReferenceRelationship(builder)
                        .WithAnnotation(new WaitAnnotation(builder.Resource, WaitType.WaitUntilHealthy));
                }
            }

            return Task.CompletedTask;
        });
        return builder;
    }

    private static void Forward(Dictionary<string, object> environment, JaegerResource jaeger)
    {
        var protocol = environment.GetValueOrDefault("OTEL_EXPORTER_OTLP_PROTOCOL") as string ?? "grpc";
        environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = protocol;
        // A signal's own address is used as it is; only the general one gets a path.
        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = protocol == "grpc"
            ? jaeger.OtlpGrpcEndpoint
            : ReferenceExpression.Create($"{jaeger.OtlpHttpEndpoint.Property(EndpointProperty.Url)}/v1/traces");
        // The dashboard's key is not Jaeger's business. An empty value would count as not set.
        if (environment.ContainsKey("OTEL_EXPORTER_OTLP_HEADERS"))
        {
            environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = "x-otlp-api-key=none";
        }

        // Holds a burst of 10,000 operations for a hub that is away meanwhile; the default, 2,048, does not.
        environment.TryAdd("OTEL_BSP_MAX_QUEUE_SIZE", "32768");
    }

    private static IResourceBuilder<JaegerResource> WithDashboardRelay(this IResourceBuilder<JaegerResource> jaeger) =>
        jaeger
            .WithConfig("dashboard.yaml", context => Dashboard(context) is not null)
            .WithEnvironment(context =>
            {
                if (Dashboard(context.ExecutionContext) is { } endpoint)
                {
                    context.EnvironmentVariables["DASHBOARD_OTLP_ENDPOINT"] = endpoint;
                    context.EnvironmentVariables["DASHBOARD_OTLP_API_KEY"] = jaeger.ApplicationBuilder.DashboardOtlpKey();
                }
            });

    private static IResourceBuilder<JaegerResource> WithSpanMetrics(this IResourceBuilder<JaegerResource> jaeger) =>
        jaeger.WithConfig("span-metrics.yaml", context => jaeger.Resource.SpanMetrics == true && Dashboard(context) is not null);

    /// <summary>Lays one of the embedded files over Jaeger's configuration.</summary>
    internal static IResourceBuilder<JaegerResource> WithConfig(
        this IResourceBuilder<JaegerResource> jaeger, string file, Func<DistributedApplicationExecutionContext, bool>? condition = null) =>
        jaeger
            .WithContainerFiles(ConfigFolder, [new ContainerFile { Name = file, Contents = Read(file) }])
            .WithArgs(context =>
            {
                if (condition?.Invoke(context.ExecutionContext) != false)
                {
                    context.Args.Add($"--config={ConfigFolder}/{file}");
                }
            });

    private static string Read(string file)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    private static EndpointReference? Dashboard(DistributedApplicationExecutionContext context) =>
        context.Services.GetRequiredService<DistributedApplicationModel>().DashboardOtlpEndpoint();

    private static void InDetailsOnly(ResourceUrlAnnotation url) => url.DisplayLocation = UrlDisplayLocation.DetailsOnly;
}
