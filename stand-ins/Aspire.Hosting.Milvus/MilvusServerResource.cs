using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Milvus;

/// <summary>A Milvus server in a container.</summary>
/// <param name="name">The name of the resource.</param>
/// <param name="apiKey">The password of Milvus's user <c>root</c>.</param>
public class MilvusServerResource(string name, ParameterResource apiKey) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "grpc";

    /// <summary>Gets the password of Milvus's user <c>root</c>.</summary>
    public ParameterResource ApiKeyParameter { get; } = apiKey;

    /// <summary>Gets the gRPC endpoint.</summary>
    public EndpointReference PrimaryEndpoint => new(this, PrimaryEndpointName);

    /// <summary>Gets <c>root:password</c>.</summary>
    public ReferenceExpression Token => ReferenceExpression.Create($"root:{ApiKeyParameter}");

    /// <summary>Gets <c>http://host:port</c>.</summary>
    public ReferenceExpression UriExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>Gets <c>Endpoint=http://host:port;Key=root:password</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Endpoint={UriExpression};Key={Token}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Port)}")),
        new("Token", Token),
        new("Uri", UriExpression),
    ];
}
