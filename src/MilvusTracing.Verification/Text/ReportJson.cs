using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MilvusTracing.Verification;

/// <summary>A report as one JSON object.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(VerificationReport report)
    {
        var verdict = report.Verdict ?? new Verdict();
        return new JsonObject
        {
            ["traceId"] = report.TraceId,
            ["joined"] = report.Outcome == Outcome.Joined,
            ["roots"] = verdict.Roots,
            ["orphans"] = verdict.Orphans,
            ["clientCalls"] = verdict.ClientCalls,
            ["joinedCalls"] = verdict.JoinedCalls,
            ["unansweredInternalCalls"] = verdict.UnansweredInternalCalls,
            ["errors"] = verdict.Errors,
            ["services"] = new JsonObject(verdict.Services.Select(service => KeyValuePair.Create(service.Key, (JsonNode?)service.Value))),
            ["backends"] = Array(report.Backends, backend => new JsonObject
            {
                ["name"] = backend.Name,
                ["url"] = backend.Url is { } url ? Format.Address(url) : null,
                ["spans"] = backend.Spans,
                ["missing"] = Array(backend.Missing, service => service),
            }),
            ["causes"] = Array(report.Causes, ToJson),
        }.ToJsonString(Options);
    }

    public static string Of(Explanation explanation) => new JsonObject
    {
        ["traces"] = explanation.Traces,
        ["operations"] = Array(explanation.Operations, operation => new JsonObject
        {
            ["operation"] = operation.Name,
            ["consistencyLevel"] = operation.ConsistencyLevel,
            ["calls"] = operation.Calls,
            ["p50Ms"] = Milliseconds(operation.P50),
            ["p95Ms"] = Milliseconds(operation.P95),
            ["slowestTraceId"] = operation.SlowestTraceId,
            ["parts"] = Array(operation.Parts, part => new JsonObject
            {
                ["part"] = part.Name,
                ["share"] = Math.Round(part.Share, 4),
                ["p50Ms"] = Milliseconds(part.P50),
                ["p95Ms"] = Milliseconds(part.P95),
            }),
            ["nodes"] = Array(operation.Nodes, node => new JsonObject
            {
                ["node"] = node.Name,
                ["segments"] = node.Segments,
                ["slowestSegmentMs"] = Milliseconds(node.SlowestSegment),
            }),
            ["difference"] = operation.Difference is { } difference ? ToJson(difference) : null,
            ["advice"] = Array(operation.Advice, advice => advice),
        }),
        ["causes"] = Array(explanation.Failures, ToJson),
    }.ToJsonString(Options);

    public static string Of(Comparison comparison) => new JsonObject
    {
        ["operations"] = Array(comparison.Operations, operation => new JsonObject
        {
            ["operation"] = operation.Name,
            ["consistencyLevel"] = operation.ConsistencyLevel,
            ["callsBefore"] = operation.CallsBefore,
            ["callsAfter"] = operation.CallsAfter,
            ["whole"] = ToJson(operation.Whole),
            ["parts"] = Array(operation.Parts, ToJson),
        }),
        ["onlyOnce"] = Array(comparison.OnlyOnce, operation => operation),
    }.ToJsonString(Options);

    private static JsonObject ToJson(CallDifference difference) => new()
    {
        ["text"] = difference.ToString(),
        ["calls"] = difference.Calls,
        ["slowestMs"] = Milliseconds(difference.Slowest),
        ["medianMs"] = Milliseconds(difference.Median),
        ["medianTraceId"] = difference.MedianTraceId,
        ["parts"] = Array(difference.Parts, part => new JsonObject
        {
            ["part"] = part.Part,
            ["node"] = part.Node,
            ["slowestMs"] = Milliseconds(part.Slowest),
            ["medianMs"] = Milliseconds(part.Median),
        }),
    };

    private static JsonObject ToJson(PartComparison part) => new()
    {
        ["part"] = part.Name,
        ["p50BeforeMs"] = Milliseconds(part.P50Before),
        ["p50AfterMs"] = Milliseconds(part.P50After),
        ["p95BeforeMs"] = Milliseconds(part.P95Before),
        ["p95AfterMs"] = Milliseconds(part.P95After),
        ["change"] = JsonNamingPolicy.CamelCase.ConvertName(part.Change.ToString()),
    };

    private static JsonObject ToJson(Cause cause) => new() { ["code"] = cause.Code, ["message"] = cause.Message, ["fix"] = cause.Fix };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> toJson) => new([.. items.Select(toJson)]);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
