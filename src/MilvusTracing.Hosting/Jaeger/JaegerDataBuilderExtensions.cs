using System.Globalization;

namespace Aspire.Hosting;

/// <summary>Lets traces outlive Jaeger's container.</summary>
public static class JaegerDataBuilderExtensions
{
    // The image's user may write here and nowhere else, and a new volume takes the folder's permissions over.
    private const string DataFolder = "/tmp";

    /// <summary>Makes Jaeger store traces on a volume, with Badger, so that they are there after a restart.</summary>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="name">The volume's name; generated from the names of application and resource when null.</param>
    /// <param name="timeToLive">How long a trace is kept, from a minute up; 3 days when null.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time to live is below a minute.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithDataVolume(timeToLive: TimeSpan.FromDays(7));
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> WithDataVolume(
        this IResourceBuilder<JaegerResource> builder, string? name = null, TimeSpan? timeToLive = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithBadger(timeToLive).WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataFolder);
    }

    /// <summary>Makes Jaeger store traces in a folder of this machine, with Badger, so that they are there after a restart.</summary>
    /// <remarks>On Linux, Jaeger's user in the container, 10001, must be allowed to write to the folder.</remarks>
    /// <param name="builder">The Jaeger resource.</param>
    /// <param name="source">The folder, relative to the AppHost's.</param>
    /// <param name="timeToLive">How long a trace is kept, from a minute up; 3 days when null.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The folder's name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time to live is below a minute.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").WithDataBindMount("../traces");
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> WithDataBindMount(
        this IResourceBuilder<JaegerResource> builder, string source, TimeSpan? timeToLive = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(source);

        return builder.WithBadger(timeToLive).WithBindMount(source, DataFolder);
    }

    private static IResourceBuilder<JaegerResource> WithBadger(this IResourceBuilder<JaegerResource> builder, TimeSpan? timeToLive)
    {
        if (timeToLive is { } time)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.FromMinutes(1), nameof(timeToLive));
            var minutes = (long)time.TotalMinutes;
            builder.WithEnvironment("BADGER_TTL", minutes.ToString(CultureInfo.InvariantCulture) + "m");
        }

        return builder.WithConfig("badger.yaml");
    }
}
