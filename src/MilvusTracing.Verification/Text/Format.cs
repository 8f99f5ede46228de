using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>Formats durations, counts, lists and addresses in messages and reports.</summary>
internal static class Format
{
    private const int MaxNames = 10;

    /// <summary>A duration with at most seven characters up to a day: <c>870 µs</c>, <c>12.3 ms</c>, <c>1.24 s</c>, <c>12.5 min</c>.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalMicroseconds: < 999.5 } => Number(duration.TotalMicroseconds, "0", "µs"),
        { TotalMilliseconds: < 99.95 } => Number(duration.TotalMilliseconds, "0.0", "ms"),
        { TotalMilliseconds: < 999.5 } => Number(duration.TotalMilliseconds, "0", "ms"),
        { TotalSeconds: < 99.995 } => Number(duration.TotalSeconds, "0.00", "s"),
        _ => Number(duration.TotalMinutes, "0.0", "min"),
    };

    /// <summary>A number with its noun.</summary>
    public static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    /// <summary>The first names of a list, and how many more there are.</summary>
    public static string Names(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? $" and {names.Count - MaxNames} more" : "");

    /// <summary>An address without user name, password and query, which may be secret.</summary>
    public static string Address(Uri url) => url.IsAbsoluteUri
        ? url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')
        : Printable.Of(url.OriginalString.Split('?', '#', '@')[0]);

    private static string Number(double value, string format, string unit) => value.ToString(format, CultureInfo.InvariantCulture) + " " + unit;
}
