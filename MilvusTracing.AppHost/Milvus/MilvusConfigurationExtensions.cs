using Aspire.Hosting.Milvus;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Lets the configuration choose the Milvus.</summary>
internal static class MilvusConfigurationExtensions
{
    /// <summary>
    /// Applies <c>Milvus:ImageTag</c> and <c>Milvus:DataVolume</c>, the name of a volume, to the container. Where
    /// <c>ConnectionStrings:milvus</c> is set, that Milvus takes the container's place; what it traces, and where to, is
    /// then its own configuration's business.
    /// </summary>
    public static IResourceBuilder<IResourceWithConnectionString> FromConfiguration(this IResourceBuilder<MilvusServerResource> milvus)
    {
        var configuration = milvus.ApplicationBuilder.Configuration;

        if (configuration.GetConnectionString(milvus.Resource.Name) is { Length: > 0 })
        {
            milvus.ApplicationBuilder.Resources.Remove(milvus.Resource);
            return milvus.ApplicationBuilder.AddConnectionString(milvus.Resource.Name);
        }

        if (configuration["Milvus:ImageTag"] is { Length: > 0 } tag)
        {
            milvus.WithImageTag(tag);
        }

        if (configuration["Milvus:DataVolume"] is { Length: > 0 } volume)
        {
            milvus.WithDataVolume(volume);
        }

        return milvus;
    }
}
