namespace MilvusTracing.Verification;

/// <summary>A verification's report as plain text and as Markdown.</summary>
internal static class ReportText
{
    /// <summary>What a dialog shows without scrolling far; its links lead to the whole trace.</summary>
    private const int MarkdownRows = 20;

    public static string VerdictLine(VerificationReport report)
    {
        var outcome = report.Outcome switch
        {
            Outcome.Joined when report.Verdict!.RootFailed => "joined, but failed",
            Outcome.Joined => "joined",
            Outcome.NotJoined => "not joined",
            _ => "could not check",
        };
        if (report.Verdict is not { } verdict)
        {
            var failed = report.Backends.Where(backend => backend.Failure is not null).Select(backend => $"{backend.Name} cannot be read").ToList();
            return failed.Count > 0 ? $"{outcome}: {string.Join(", ", failed)}"
                : report.TraceId is null ? $"{outcome}: no trace of {Printable.Of(report.Service)} was found"
                : $"{outcome}: no such trace";
        }

        // Of several errors the last to start is the innermost.
        var errors = report.Trace!.Graph.Nodes.LastOrDefault(node => SpanClassifier.IsError(node.Span))?.Span is { } error
            ? $", {Format.Count(verdict.Errors, "error")} (in {SpanClassifier.ShortName(error.Name)} of {error.Service})"
            : "";
        var unanswered = verdict.UnansweredInternalCalls > 0 ? $", {Format.Count(verdict.UnansweredInternalCalls, "internal call")} unanswered" : "";
        var services = Format.Names([.. verdict.Services.Select(service => $"{service.Key} {service.Value}")]);

        // The first backend is listed only if it lacks spans; the user wants to compare the others with it.
        var backends = report.Backends
            .Where((backend, i) => i > 0 || backend.Failure is not null || backend.Spans != verdict.Spans)
            .Select(backend => backend.Failure is null ? $"; {backend.Name} {backend.Spans} of {verdict.Spans}" : $"; {backend.Name} cannot be read");
        return $"{outcome}: {verdict.JoinedCalls} of {verdict.ClientCalls} client calls, {Format.Count(verdict.Roots, "root")}, "
            + $"{Format.Count(verdict.Orphans, "orphan")}{unanswered}{errors}, "
            + $"{Format.Count(verdict.Spans, "span")} ({services}){string.Concat(backends)}";
    }

    public static string PlainText(VerificationReport report) => string.Concat(
        [
            report.Waterfall is { } waterfall ? $"{waterfall.ToPlainText()}\n\n" : "",
            report.ToVerdictLine(),
            .. report.Causes.Select((cause, i) => $"\n{i + 1}. {cause.Message}\n   {cause.Fix}"),
        ]).ReplaceLineEndings();

    public static string Markdown(VerificationReport report, Uri? jaeger, Uri? dashboard) => string.Concat(
        [
            $"**{Verification.Markdown.Escape(report.ToVerdictLine())}**\n\n",
            .. report.Causes.Select(cause => $"1. {Verification.Markdown.Escape($"{cause.Message} {cause.Fix}")}\n"),
            report.TraceId is { } id && Verification.Markdown.LinksToTrace(id, jaeger, dashboard) is { } links ? $"\n{links}\n" : "",
            report.Trace is { } trace ? $"\n{Verification.Markdown.Fence(new Waterfall(trace, MarkdownRows).ToPlainText())}\n" : "",
        ]);
}
