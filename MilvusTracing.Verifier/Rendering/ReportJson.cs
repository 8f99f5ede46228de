using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Diagnosis;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>The report as one JSON object.</summary>
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
            report.Verdict?.Services ?? new Dictionary<string, int>(),
            [.. report.Backends.Select(backend => new BackendObject(
                backend.Name, backend.Url is { } url ? ShownAddress.Of(url) : null, backend.Spans, backend.Missing))],
            report.Causes),
        Json.ReportObject);
}

internal sealed record ReportObject(
    string? TraceId,
    bool Joined,
    int Roots,
    int Orphans,
    int ClientCalls,
    int JoinedCalls,
    IReadOnlyDictionary<string, int> Services,
    IReadOnlyList<BackendObject> Backends,
    IReadOnlyList<Cause> Causes);

internal sealed record BackendObject(string Name, string? Url, int Spans, IReadOnlyList<string> Missing);

[JsonSerializable(typeof(ReportObject))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
