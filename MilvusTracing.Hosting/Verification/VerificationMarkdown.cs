using System.Text;
using MilvusTracing.Verifier.Verification;

namespace Aspire.Hosting;

/// <summary>A verification's report for the dashboard's dialog.</summary>
internal static class VerificationMarkdown
{
    /// <summary>The verdict, the causes where it falls short, a link to the trace in Jaeger, and the waterfall.</summary>
    public static string Of(VerificationReport report, Uri? jaeger)
    {
        var text = new StringBuilder().Append($"**{report.ToVerdictLine()}**\n\n");
        foreach (var cause in report.Causes)
        {
            text.Append($"1. {cause.Message} {cause.Mend}\n");
        }

        if (report.TraceId is { } traceId)
        {
            var link = jaeger is null ? "" : $"\n[Open the trace in Jaeger]({new Uri(jaeger, $"/trace/{traceId}")})\n";
            text.Append($"{link}\n```text\n{report.ToWaterfall()}\n```\n");
        }

        return text.ToString();
    }
}
