using System.Text;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>The report for logs, files and narrow terminals.</summary>
internal static class PlainText
{
    private const int LongestLabel = 60;

    /// <param name="report">The report.</param>
    /// <param name="graph">Its trace, or null.</param>
    /// <param name="width">The columns to keep within; null for no limit.</param>
    public static string Of(VerificationReport report, TraceGraph? graph, int? width = null)
    {
        var text = new StringBuilder();
        if (graph is not null)
        {
            text.AppendLine(WaterfallOf(report, graph, width)).AppendLine();
        }

        text.Append(report.ToVerdictLine());
        var number = 0;
        foreach (var cause in report.Causes)
        {
            text.AppendLine().Append($"{++number}. {Printable.Of(cause.Message)}").AppendLine().Append($"   {Printable.Of(cause.Mend)}");
        }

        return text.ToString();
    }

    /// <summary>The waterfall alone; empty without a trace.</summary>
    public static string WaterfallOf(VerificationReport report, TraceGraph? graph, int? width = null)
    {
        var text = new StringBuilder();
        if (graph is not null)
        {
            AppendWaterfall(text, report, graph, width);
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>What stands above the waterfall.</summary>
    public static string Heading(VerificationReport report, TimeSpan duration) => FormattableString.Invariant(
        $"trace {report.TraceId}, {report.Trace!.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC, {Durations.Format(duration)}");

    private static void AppendWaterfall(StringBuilder text, VerificationReport report, TraceGraph graph, int? width)
    {
        var waterfall = Waterfall.Of(graph);
        var start = report.Trace!.Start;
        text.AppendLine(Cells.Cut(Heading(report, report.Trace.End - start), width));
        var labels = waterfall.Rows.Select(row => new string(' ', Math.Min(row.Continues.Count, LongestLabel / 4) * 2) + row.Label).ToList();
        var column = Math.Min(LongestLabel, labels.Max(Cells.Width));
        foreach (var (row, label) in waterfall.Rows.Zip(labels))
        {
            var line = width is null
                ? $"{Cells.Pad(label, column)} {row.Duration,9}  at {Durations.Format(row.Start - start),-9} {Printable.Of(row.Span.Service)}"
                : $"{row.Duration,9}  {label}  {Printable.Of(row.Span.Service)}";
            text.AppendLine(Cells.Cut(line, width));
        }

        if (waterfall.LeftOutNote is { } note)
        {
            text.AppendLine(note);
        }
    }
}
