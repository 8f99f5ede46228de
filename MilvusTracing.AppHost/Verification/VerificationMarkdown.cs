using MilvusTracing.Verifier.Verification;

namespace Aspire.Hosting;

/// <summary>A verification's report for the dashboard's dialog.</summary>
internal static class VerificationMarkdown
{
    /// <summary>The report in a code block, under a link to the trace in Jaeger where there is one.</summary>
    public static string Of(VerificationReport report, Uri jaeger)
    {
        var link = report.TraceId is { } traceId ? $"[Open the trace in Jaeger]({new Uri(jaeger, $"/trace/{traceId}")})\n\n" : "";
        return $"{link}```text\n{report.ToPlainText()}\n```\n";
    }
}
