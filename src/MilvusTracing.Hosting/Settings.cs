using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Settings out of the AppHost's configuration: an empty one counts as not set, a malformed one is refused in a sentence.</summary>
internal static class Settings
{
    public static string? Setting(this IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } value ? value : null;

    /// <exception cref="DistributedApplicationException">It is neither true nor false.</exception>
    public static bool? Switch(this IConfiguration configuration, string key) =>
        configuration.Setting(key) is not { } value ? null : bool.TryParse(value, out var result) ? result : throw Malformed(key, value, "true or false");

    public static DistributedApplicationException Malformed(string key, string value, string expected) => new($"{key} is {value}; expected {expected}.");
}
