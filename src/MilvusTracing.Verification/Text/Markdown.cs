using System.Text.RegularExpressions;

namespace MilvusTracing.Verification;

/// <summary>Escapes text for Markdown (CommonMark, and the tables and bare links of GitHub's dialect).</summary>
internal static partial class Markdown
{
    /// <summary>Escapes everything in one line of printable text that could become markup, HTML or a link.</summary>
    public static string Escape(string text) => Markup().Replace(text, @"\$0");

    /// <summary>A code block whose fence is longer than any run of backticks in the text.</summary>
    public static string Fence(string text)
    {
        var fence = new string('`', Math.Max(3, 1 + Backticks().Matches(text).Select(run => run.Length).DefaultIfEmpty().Max()));
        return $"{fence}text\n{text.ReplaceLineEndings("\n")}\n{fence}";
    }

    /// <summary>Links to a trace in the dashboard and in Jaeger's UI; null without both.</summary>
    public static string? LinksToTrace(string traceId, Uri? jaeger, Uri? dashboard)
    {
        string[] links =
        [
            .. dashboard is null ? [] : new[] { $"in [the dashboard]({new Uri(dashboard, $"/traces/detail/{traceId}")})" },
            .. jaeger is null ? [] : new[] { $"in [Jaeger]({new Uri(jaeger, $"/trace/{traceId}")})" },
        ];
        return links.Length == 0 ? null : $"Open the trace {string.Join(" or ", links)}.";
    }

    [GeneratedRegex(@"[\\`*_{}\[\]<>#|~&!]|(?<=:)/(?=/)|(?<=www)\.|(?<=mailto):", RegexOptions.IgnoreCase)]
    private static partial Regex Markup();

    [GeneratedRegex("`+")]
    private static partial Regex Backticks();
}
