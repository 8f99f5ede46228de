using System.Globalization;
using Aspire.Hosting.Milvus;
using Microsoft.Extensions.Configuration;

/// <summary>
/// Applies the AppHost's settings, which come from environment variables, arguments and user secrets. An empty setting counts as not
/// set. A malformed one throws a <see cref="FormatException"/> that names it, its value and what was expected.
/// </summary>
internal static class Configuration
{
    /// <summary>Applies <c>Jaeger:SpanMetrics</c>, <c>Jaeger:DataVolume</c> and <c>Jaeger:TimeToLive</c>.</summary>
    public static IResourceBuilder<JaegerResource> FromConfiguration(this IResourceBuilder<JaegerResource> jaeger)
    {
        var configuration = jaeger.ApplicationBuilder.Configuration;
        if (configuration.Read<bool>("Jaeger:SpanMetrics", "true or false") != false)
        {
            jaeger.WithSpanMetrics();
        }

        var timeToLive = configuration.Read<TimeSpan>(
            "Jaeger:TimeToLive", "[days.]hours:minutes:seconds of at least a minute, such as 3.00:00:00", value => value >= TimeSpan.FromMinutes(1));
        return configuration.Read("Jaeger:DataVolume") is { } volume ? jaeger.WithDataVolume(volume, timeToLive) : jaeger;
    }

    /// <summary>Applies <c>Milvus:SampleFraction</c>.</summary>
    public static void ConfigureTracing(this IConfiguration configuration, MilvusTracingOptions options) =>
        options.SampleFraction = configuration.Read<double>("Milvus:SampleFraction", "a number from 0 to 1", value => value is >= 0 and <= 1) ?? 0;

    /// <summary>
    /// Applies <c>Milvus:Logs</c>, <c>Milvus:Metrics</c>, <c>Milvus:ImageTag</c> and <c>Milvus:DataVolume</c>. Replaces the container
    /// by the emulator with <c>Milvus:Emulator</c>, else by the Milvus of <c>ConnectionStrings:milvus</c>.
    /// </summary>
    public static IResourceBuilder<IResourceWithConnectionString> FromConfiguration(this IResourceBuilder<MilvusServerResource> milvus)
    {
        var builder = milvus.ApplicationBuilder;
        var configuration = builder.Configuration;
        if (configuration.ReadNames<MilvusLogSelection>("Milvus:Logs", maxCount: 1) is [var logs])
        {
            milvus.WithLogForwarding(logs);
        }

        if (configuration.Read<bool>("Milvus:Metrics", "true or false") == true)
        {
            milvus.WithMetrics();
        }

        if (configuration.Read("Milvus:ImageTag") is { } tag)
        {
            milvus.WithImageTag(tag);
        }

        if (configuration.Read("Milvus:DataVolume") is { } volume)
        {
            milvus.WithDataVolume(volume);
        }

        if (configuration.Read<bool>("Milvus:Emulator", "true or false") == true)
        {
            return milvus.RunAsEmulator<Projects.MilvusTracing_Emulator>();
        }

        if (configuration.Read($"ConnectionStrings:{milvus.Resource.Name}") is not null)
        {
            if (builder.Resources.FirstOrDefault(resource => resource is AttuResource or MilvusDatabaseResource) is { } dependent)
            {
                throw new FormatException(
                    $"ConnectionStrings:{milvus.Resource.Name} replaces the Milvus container, which '{dependent.Name}' needs; expected an AppHost "
                    + "without AddDatabase and WithAttu. Name the database in the connection string: ;Database=name.");
            }

            builder.Resources.Remove(milvus.Resource);
            return builder.AddConnectionString(milvus.Resource.Name);
        }

        return milvus;
    }

    public static string? Read(this IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } text ? text : null;

    /// <summary>Reads a list of names, in upper or lower case, separated by commas or spaces.</summary>
    public static IReadOnlyList<T> ReadNames<T>(this IConfiguration configuration, string key, int maxCount = int.MaxValue)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        var text = configuration.Read(key) ?? "";
        var parts = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length <= maxCount && parts.All(part => names.Contains(part, StringComparer.OrdinalIgnoreCase))
            ? [.. parts.Select(part => Enum.Parse<T>(part, ignoreCase: true)).Distinct()]
            : throw Malformed(key, text, $"{(maxCount == 1 ? "one" : "a list")} of {string.Join(", ", names).ToLowerInvariant()}");
    }

    private static T? Read<T>(this IConfiguration configuration, string key, string expected, Func<T, bool>? isValid = null)
        where T : struct, IParsable<T> =>
        configuration.Read(key) is not { } text ? null
        // A number alone would be a time in days.
        : T.TryParse(text, CultureInfo.InvariantCulture, out var value) && isValid?.Invoke(value) != false && (value is not TimeSpan || text.Contains(':')) ? value
        : throw Malformed(key, text, expected);

    private static FormatException Malformed(string key, string value, string expected) => new($"{key} is '{value}'; expected {expected}.");
}
