using System.Globalization;

namespace Aspire.Hosting;

/// <summary>Lets the configuration have its say about Jaeger.</summary>
public static class JaegerConfigurationBuilderExtensions
{
    /// <summary>
    /// Lets the configuration choose: <c>Jaeger:DataVolume</c> names a volume on which traces outlive a restart,
    /// <c>Jaeger:TimeToLive</c> is how long they are kept there (<c>[days.]hours:minutes:seconds</c>), and
    /// <c>Jaeger:SpanMetrics</c>, true or false, whether metrics of the spans go to the dashboard. An empty setting counts
    /// as not set.
    /// </summary>
    /// <param name="builder">The Jaeger resource.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="DistributedApplicationException">A setting is malformed.</exception>
    /// <example>
    /// <code>
    /// var jaeger = builder.AddJaeger("jaeger").FromConfiguration().WithAppForwarding();
    /// </code>
    /// </example>
    public static IResourceBuilder<JaegerResource> FromConfiguration(this IResourceBuilder<JaegerResource> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var configuration = builder.ApplicationBuilder.Configuration;
        builder.Resource.SpanMetrics = configuration.Switch("Jaeger:SpanMetrics") ?? builder.Resource.SpanMetrics;

        TimeSpan? timeToLive = null;
        const string TimeToLive = "Jaeger:TimeToLive";
        if (configuration.Setting(TimeToLive) is { } time)
        {
            timeToLive = TimeSpan.TryParse(time, CultureInfo.InvariantCulture, out var value) && value >= TimeSpan.FromMinutes(1)
                ? value : throw Settings.Malformed(TimeToLive, time, "[days.]hours:minutes:seconds of a minute or more, as in 3.00:00:00");
        }

        return configuration.Setting("Jaeger:DataVolume") is { } volume ? builder.WithDataVolume(volume, timeToLive) : builder;
    }
}
