using Aspire.Hosting.Milvus;
using Microsoft.Extensions.Configuration;

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
        if (application.Configuration.GetConnectionString(name) is { Length: > 0 })
        {
            application.Resources.Remove(milvus.Resource);
            return application.AddConnectionString(name);
        }

        if (Setting("ImageTag") is { } tag)
        {
            milvus.WithImageTag(tag);
        }

        if (Setting("DataVolume") is { } volume)
        {
            milvus.WithDataVolume(volume);
        }

        return Setting("Emulator") is { } emulator && IsTrue(emulator) ? milvus.RunAsEmulator<TEmulator>() : milvus;

        string? Setting(string key) => application.Configuration[$"Milvus:{key}"] is { Length: > 0 } value ? value : null;
    }

    private static bool IsTrue(string value) => bool.TryParse(value, out var result)
        ? result
        : throw new DistributedApplicationException($"Milvus:Emulator is {value}; expected true or false.");
}
