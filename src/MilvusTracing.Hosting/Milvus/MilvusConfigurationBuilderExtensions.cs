using Aspire.Hosting.Milvus;

namespace Aspire.Hosting;

/// <summary>Lets the configuration choose the Milvus.</summary>
public static class MilvusConfigurationBuilderExtensions
{
    /// <summary>
    /// Lets the configuration choose the Milvus: where <c>ConnectionStrings:{name}</c> is set, that one, whatever it traces;
    /// where <c>Milvus:Emulator</c> is true, the emulator; else the container, with <c>Milvus:ImageTag</c> for its version and
    /// <c>Milvus:DataVolume</c> for the name of a volume that keeps its data. An empty setting counts as not set.
    /// </summary>
    /// <typeparam name="TEmulator">The emulator's project: <c>Projects.MilvusTracing_Emulator</c>.</typeparam>
    /// <param name="milvus">The Milvus resource.</param>
    /// <returns>What services refer to.</returns>
    /// <exception cref="DistributedApplicationException"><c>Milvus:Emulator</c> is neither true nor false.</exception>
    /// <example>
    /// <code>
    /// var milvus = builder.AddMilvus("milvus").WithTracing(jaeger).FromConfiguration&lt;Projects.MilvusTracing_Emulator&gt;();
    /// </code>
    /// </example>
    public static IResourceBuilder<IResourceWithConnectionString> FromConfiguration<TEmulator>(this IResourceBuilder<MilvusServerResource> milvus)
        where TEmulator : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(milvus);

        var application = milvus.ApplicationBuilder;
        var name = milvus.Resource.Name;
        if (application.Configuration.Setting($"ConnectionStrings:{name}") is not null)
        {
            application.Resources.Remove(milvus.Resource);
            return application.AddConnectionString(name);
        }

        if (application.Configuration.Setting("Milvus:ImageTag") is { } tag)
        {
            milvus.WithImageTag(tag);
        }

        if (application.Configuration.Setting("Milvus:DataVolume") is { } volume)
        {
            milvus.WithDataVolume(volume);
        }

        return application.Configuration.Switch("Milvus:Emulator") == true ? milvus.RunAsEmulator<TEmulator>() : milvus;
    }
}
