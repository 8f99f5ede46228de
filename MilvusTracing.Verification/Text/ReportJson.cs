using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>The reports as one JSON object each.</summary>
internal static class ReportJson
{
    private static readonly ReportJsonContext Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of(VerificationReport report) => JsonSerializer.Serialize(
        new ReportObject(
            report.TraceId,
            report.Outcome == Outcome.Joined,
            report.Verdict?.Roots ?? 0,
            report.Verdict?.Orphans ?? 0,
            report.Verdict?.ClientCalls ?? 0,
            report.Verdict?.JoinedCalls ?? 0,
            report.Verdict?.UnansweredInternalCalls ?? 0,
            report.Verdict?.Errors ?? 0,
            report.Verdict?.Services ?? new Dictionary<string, int>(),
            [.. report.Backends.Select(backend => new BackendObject(
                backend.Name, backend.Url is { } url ? Shown.Address(url) : null, backend.Spans, backend.Missing))],
            report.Causes),
        Json.ReportObject);

    public static string Of(Explanation explanation) => JsonSerializer.Serialize(
        new ExplanationObject(
            explanation.Traces,
            [.. explanation.Operations.Select(operation => new OperationObject(
                operation.Name,
                operation.ConsistencyLevel,
                operation.Calls,
                Milliseconds(operation.P50),
                Milliseconds(operation.P95),
                operation.SlowestTraceId,
                [.. operation.Parts.Select(part => new PartObject(part.Name, Math.Round(part.Share, 4), Milliseconds(part.P50), Milliseconds(part.P95)))],
                operation.Advice))],
            explanation.Failures),
        Json.ExplanationObject);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

internal sealed record ReportObject(
    string? TraceId,
    bool Joined,
    int Roots,
    int Orphans,
    int ClientCalls,
    int JoinedCalls,
    int UnansweredInternalCalls,
    int Errors,
    IReadOnlyDictionary<string, int> Services,
    IReadOnlyList<BackendObject> Backends,
    IReadOnlyList<Cause> Causes);

internal sealed record BackendObject(string Name, string? Url, int Spans, IReadOnlyList<string> Missing);

internal sealed record ExplanationObject(int Traces, IReadOnlyList<OperationObject> Operations, IReadOnlyList<Cause> Causes);

internal sealed record OperationObject(
    string Operation,
    string? ConsistencyLevel,
    int Calls,
    double P50Ms,
    double P95Ms,
    string SlowestTraceId,
    IReadOnlyList<PartObject> Parts,
    IReadOnlyList<string> Advice);

internal sealed record PartObject(string Part, double Share, double P50Ms, double P95Ms);

[JsonSerializable(typeof(ReportObject))]
[JsonSerializable(typeof(ExplanationObject))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
