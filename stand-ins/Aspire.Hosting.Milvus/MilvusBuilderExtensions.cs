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

    /// <summary>Adds a database of this Milvus. It is not created.</summary>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="name">The name of the resource and of its connection string.</param>
    /// <param name="databaseName">The name of the database; null takes that of the resource.</param>
    /// <returns>A builder for the database.</returns>
    public static IResourceBuilder<MilvusDatabaseResource> AddDatabase(
        this IResourceBuilder<MilvusServerResource> builder, [ResourceName] string name, string? databaseName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);

        return builder.ApplicationBuilder.AddResource(new MilvusDatabaseResource(name, databaseName ?? name, builder.Resource)).WithIconName("Database");
    }

    /// <summary>Adds Attu, a UI for this Milvus.</summary>
    /// <typeparam name="T">The type of the Milvus resource.</typeparam>
    /// <param name="builder">The Milvus resource.</param>
    /// <param name="configureContainer">Configures the container; null for the defaults.</param>
    /// <param name="containerName">The name of its resource; null takes <c>{milvus}-attu</c>.</param>
    /// <returns>The same builder.</returns>
    public static IResourceBuilder<T> WithAttu<T>(
        this IResourceBuilder<T> builder, Action<IResourceBuilder<AttuResource>>? configureContainer = null, string? containerName = null)
        where T : MilvusServerResource
    {
        ArgumentNullException.ThrowIfNull(builder);

        var milvus = builder.Resource;
        var attu = builder.ApplicationBuilder.AddResource(new AttuResource(containerName ?? $"{milvus.Name}-attu"))
            .WithImage("zilliz/attu", "v2.5")
            .WithImageRegistry("docker.io")
            .WithIconName("WindowDatabase")
            .WithHttpEndpoint(targetPort: 3000, name: "http")
            .WithEnvironment(context =>
                context.EnvironmentVariables["MILVUS_URL"] = $"{milvus.PrimaryEndpoint.Scheme}://{milvus.Name}:{milvus.PrimaryEndpoint.TargetPort}")
            .ExcludeFromManifest();
        configureContainer?.Invoke(attu);
        return builder;
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
