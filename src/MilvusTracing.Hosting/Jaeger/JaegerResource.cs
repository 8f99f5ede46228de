namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Jaeger v2 container. It receives spans by OTLP, stores them and shows them in its UI.</summary>
/// <param name="name">The resource name.</param>
[AspireExport(ExposeProperties = true)]
public sealed class JaegerResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string OtlpGrpcEndpointName = "otlp-grpc";
    internal const string OtlpHttpEndpointName = "otlp-http";
    internal const string UIEndpointName = "ui";
    internal const string HealthEndpointName = "health";

    /// <summary>Gets the endpoint that receives OTLP over gRPC.</summary>
    public EndpointReference OtlpGrpcEndpoint => new(this, OtlpGrpcEndpointName);

    /// <summary>Gets the endpoint that receives OTLP over HTTP.</summary>
    public EndpointReference OtlpHttpEndpoint => new(this, OtlpHttpEndpointName);

    /// <summary>Gets the endpoint of Jaeger's UI and query API.</summary>
    public EndpointReference UIEndpoint => new(this, UIEndpointName);

    /// <summary>Gets the connection string: the OTLP/gRPC URL, such as <c>http://localhost:4317</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{OtlpGrpcEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>
    /// Gets what <c>WithReference</c> sets beside the connection string: the host, port and URL of OTLP/gRPC, and the URL of the UI, as
    /// <c>JAEGER_HOST</c>, <c>JAEGER_PORT</c>, <c>JAEGER_URI</c> and <c>JAEGER_URL</c> for a resource named <c>jaeger</c>.
    /// </summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{OtlpGrpcEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{OtlpGrpcEndpoint.Property(EndpointProperty.Port)}")),
        new("Uri", ConnectionStringExpression),
        new("Url", ReferenceExpression.Create($"{UIEndpoint.Property(EndpointProperty.Url)}")),
    ];
}
