using System.Text;

namespace MilvusTracing.Verification;

/// <summary>A verification's report as text: for logs, redirected output, exceptions and, escaped, for Markdown.</summary>
internal static class ReportText
{
    private const int DeepestIndent = 15;

    public static string VerdictLine(VerificationReport report)
    {
        var word = report.Outcome switch
        {
            Outcome.Joined when report.Verdict!.RootFailed => "joined, but failed",
            Outcome.Joined => "joined",
            Outcome.NotJoined => "not joined",
            _ => "could not check",
        };
        if (report.Verdict is not { } verdict)
        {
            return report.Outcome == Outcome.CouldNotCheck
                ? $"{word}: {string.Join(", ", report.Backends.Where(backend => backend.Failure is not null).Select(backend => $"{backend.Name} gives no answer"))}"
                : $"{word}: no such trace";
        }

        // The innermost failure is the one that began last.
        var errors = report.Snapshot.Graph!.Spans.LastOrDefault(span => span.IsError) is { } error
            ? $", {Format.Count(verdict.Errors, "error")} (in {SpanClassifier.ShortName(error.Name)} of {error.Service})"
            : "";
        var unanswered = verdict.UnansweredInternalCalls > 0 ? $", {Format.Count(verdict.UnansweredInternalCalls, "internal call")} unanswered" : "";
        var services = Format.Names([.. verdict.Services.Select(service => $"{service.Key} {service.Value}")]);
        return $"{word}: {verdict.JoinedCalls} of {verdict.ClientCalls} client calls, {Format.Count(verdict.Roots, "root")}, {Format.Count(verdict.Orphans, "orphan")}{unanswered}{errors}, "
            + $"{Format.Count(verdict.Spans, "span")} ({services}){Backends(report, verdict)}";
    }

    public static string PlainText(VerificationReport report)
    {
        var text = new StringBuilder(Waterfall(report));
        text.Append(text.Length > 0 ? "\n\n" : "").Append(report.ToVerdictLine());
        var number = 0;
        foreach (var cause in report.Causes)
        {
            text.Append($"\n{++number}. {cause.Message}\n   {cause.Fix}");
        }

        return text.ToString().ReplaceLineEndings();
    }

    /// <summary>Duration and start before the name: so nothing has to be as wide as the widest name.</summary>
    public static string Waterfall(VerificationReport report)
    {
        if (report.Snapshot.Graph is not { } graph)
        {
            return "";
        }

        var waterfall = Verification.Waterfall.Of(graph);
        var rows = waterfall.Rows.Select(row =>
            $"{row.Duration,9} {Format.Duration(row.Start - report.Trace!.Start),9}  {new string(' ', 2 * Math.Min(row.Continues.Count, DeepestIndent))}{row.Label} ({row.Span.Service})");
        return string.Join(Environment.NewLine, [Heading(report), .. rows, .. waterfall.LeftOutNote is { } note ? [note] : Array.Empty<string>()]);
    }

    /// <summary>What stands above the waterfall.</summary>
    public static string Heading(VerificationReport report) => FormattableString.Invariant(
        $"trace {report.TraceId}, {report.Trace!.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC, {Format.Duration(report.Trace.End - report.Trace.Start)}");

    public static string Markdown(VerificationReport report, Uri? jaeger)
    {
        var text = new StringBuilder($"**{Verification.Markdown.Escape(report.ToVerdictLine())}**\n\n");
        foreach (var cause in report.Causes)
        {
            text.Append($"1. {Verification.Markdown.Escape($"{cause.Message} {cause.Fix}")}\n");
        }

        if (report.TraceId is not null && jaeger is not null)
        {
            text.Append($"\n{Verification.Markdown.LinkToTrace(jaeger, report.TraceId)}\n");
        }

        return text.Append(report.Trace is null ? "" : $"\n{Verification.Markdown.Fence(Waterfall(report))}\n").ToString();
    }

    /// <summary>The first backend is worth a word only where it falls short; the others are what the user asked to compare.</summary>
    private static string Backends(VerificationReport report, Verdict verdict) => string.Concat(
        report.Backends
            .Where((backend, i) => i > 0 || backend.Failure is not null || backend.Spans != verdict.Spans)
            .Select(backend => backend.Failure is null
                ? $"; {backend.Name} {backend.Spans} of {verdict.Spans}"
                : $"; {backend.Name} gives no answer"));
}
