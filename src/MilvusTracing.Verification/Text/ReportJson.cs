using System.Text.Encodings.Web;
using System.Text.Json;

namespace MilvusTracing.Verification;

/// <summary>A report as one JSON object.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(VerificationReport report)
    {
        var verdict = report.Verdict ?? new Verdict();
        return JsonSerializer.Serialize(
            new
            {
                report.TraceId,
                Joined = report.Outcome == Outcome.Joined,
                verdict.Roots,
                verdict.Orphans,
                verdict.ClientCalls,
                verdict.JoinedCalls,
                verdict.UnansweredInternalCalls,
                verdict.Errors,
                verdict.Services,
                Backends = report.Backends.Select(backend =>
                    new { backend.Name, Url = backend.Url is { } url ? Format.Address(url) : null, backend.Spans, backend.Missing }),
                Causes = report.Causes.Select(ToJson),
            },
            Options);
    }

    public static string Of(Explanation explanation) => JsonSerializer.Serialize(
        new
        {
            explanation.Traces,
            Operations = explanation.Operations.Select(operation => new
            {
                Operation = operation.Name,
                operation.ConsistencyLevel,
                operation.Calls,
                P50Ms = Milliseconds(operation.P50),
                P95Ms = Milliseconds(operation.P95),
                operation.SlowestTraceId,
                Parts = operation.Parts.Select(part =>
                    new { Part = part.Name, Share = Math.Round(part.Share, 4), P50Ms = Milliseconds(part.P50), P95Ms = Milliseconds(part.P95) }),
                Nodes = operation.Nodes.Select(node => new { Node = node.Name, node.Segments, SlowestSegmentMs = Milliseconds(node.SlowestSegment) }),
                Difference = operation.Difference is { } difference
                    ? new
                    {
                        Text = difference.ToString(),
                        difference.Calls,
                        SlowestMs = Milliseconds(difference.Slowest),
                        MedianMs = Milliseconds(difference.Median),
                        difference.MedianTraceId,
                        Parts = difference.Parts.Select(part =>
                            new { part.Part, part.Node, SlowestMs = Milliseconds(part.Slowest), MedianMs = Milliseconds(part.Median) }),
                    }
                    : null,
                operation.Advice,
            }),
            Causes = explanation.Failures.Select(ToJson),
        },
        Options);

    public static string Of(Comparison comparison) => JsonSerializer.Serialize(
        new
        {
            Operations = comparison.Operations.Select(operation => new
            {
                Operation = operation.Name,
                operation.ConsistencyLevel,
                operation.CallsBefore,
                operation.CallsAfter,
                Whole = ToJson(operation.Whole),
                Parts = operation.Parts.Select(ToJson),
            }),
            comparison.OnlyOnce,
        },
        Options);

    private static object ToJson(PartComparison part) => new
    {
        Part = part.Name,
        P50BeforeMs = Milliseconds(part.P50Before),
        P50AfterMs = Milliseconds(part.P50After),
        P95BeforeMs = Milliseconds(part.P95Before),
        P95AfterMs = Milliseconds(part.P95After),
        Change = JsonNamingPolicy.CamelCase.ConvertName(part.Change.ToString()),
    };

    private static object ToJson(Cause cause) => new { cause.Code, cause.Message, cause.Fix };

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
