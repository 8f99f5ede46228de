using System.Globalization;
using System.Text.RegularExpressions;

namespace MilvusTracing.Verification;

/// <summary>How numbers, durations and addresses are written, wherever they are.</summary>
internal static partial class Format
{
    private const int MostNames = 10;

    /// <summary>At most seven characters up to a day: <c>870 µs</c>, <c>12.3 ms</c>, <c>1.24 s</c>, <c>12.5 min</c>.</summary>
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
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    /// <summary>An address without user name, password and query, where keys are kept.</summary>
    public static string Address(Uri url) => url.IsAbsoluteUri
        ? url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')
        : Address(url.OriginalString);

    /// <summary>For what need not be an address: where there may be such a part, stars stand for it.</summary>
    public static string Address(string text) => Printable.Of(Query().Replace(UserInfo().Replace(text, "${scheme}***@"), "?***"));

    private static string Number(double value, string format, string unit) =>
        value.ToString(format, CultureInfo.InvariantCulture) + " " + unit;

    [GeneratedRegex("^(?<scheme>[a-z]+://)?.*@", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex UserInfo();

    [GeneratedRegex("[?#].+", RegexOptions.Singleline)]
    private static partial Regex Query();
}
