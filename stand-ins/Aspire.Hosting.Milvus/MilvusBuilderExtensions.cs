using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Milvus;

namespace Aspire.Hosting;

/// <summary>Adds Milvus to an application.</summary>
public static class MilvusBuilderExtensions
{
    /// <summary>Adds a standalone Milvus container, with authentication for the user <c>root</c>.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="name">The name of the resource and of its connection string.</param>
    /// <param name="apiKey">The password; null generates one, in the parameter <c>{name}-key</c>.</param>
    /// <param name="grpcPort">The port on the host; null selects a free port.</param>
    /// <returns>A builder for the resource.</returns>
    public static IResourceBuilder<MilvusServerResource> AddMilvus(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? apiKey = null,
        int? grpcPort = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);

        var key = apiKey?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-key");
        return builder.AddResource(new MilvusServerResource(name, key))
            .WithImage("milvusdb/milvus", "v2.5.27")
            .WithImageRegistry("docker.io")
            .WithIconName("DatabaseMultiple")
            .WithHttpEndpoint(port: grpcPort, targetPort: 19530, name: MilvusServerResource.PrimaryEndpointName)
            .WithEndpoint(MilvusServerResource.PrimaryEndpointName, endpoint => endpoint.Transport = "http2")
            .WithEnvironment("COMMON_STORAGETYPE", "local")
            .WithEnvironment("ETCD_USE_EMBED", "true")
            .WithEnvironment("ETCD_DATA_DIR", "/var/lib/milvus/etcd")
            .WithEnvironment("COMMON_SECURITY_AUTHORIZATIONENABLED", "true")
            .WithEnvironment(context => context.EnvironmentVariables["COMMON_SECURITY_DEFAULTROOTPASSWORD"] = key)
            .WithArgs("milvus", "run", "standalone");
    }

    /// <summary>Keeps Milvus's data in a volume.</summary>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="name">The name of the volume; null derives it from the name of the resource.</param>
    /// <param name="isReadOnly">Whether the volume is read-only.</param>
    /// <returns>The same builder.</returns>
    public static IResourceBuilder<MilvusServerResource> WithDataVolume(
        this IResourceBuilder<MilvusServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/var/lib/milvus", isReadOnly);
    }
}
