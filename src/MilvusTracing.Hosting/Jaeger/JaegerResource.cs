namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Jaeger v2 container: receives spans by OTLP, keeps them, in memory unless it has a data volume, and shows them.</summary>
/// <param name="name">The name of the resource.</param>
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

    /// <summary>Gets the endpoint of Jaeger's pages and of its query API.</summary>
    public EndpointReference UIEndpoint => new(this, UIEndpointName);

    /// <summary>Gets the connection string: the OTLP/gRPC URL, as in <c>http://localhost:4317</c>.</summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{OtlpGrpcEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>Whether metrics of the spans go to the dashboard; null before anything has asked for it or against it.</summary>
    internal bool? SpanMetrics { get; set; }

    /// <summary>
    /// Gets what <c>WithReference</c> sets beside the connection string: <c>Url</c>, the address of the pages and
    /// the query API, which a resource named <c>jaeger</c> hands on as <c>JAEGER_URL</c>.
    /// </summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        yield return new("Url", ReferenceExpression.Create($"{UIEndpoint.Property(EndpointProperty.Url)}"));
    }
}
