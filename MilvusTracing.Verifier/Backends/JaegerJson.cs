using System.Text.Json.Serialization;

namespace MilvusTracing.Verifier.Backends;

internal sealed record JaegerAnswer<T>(List<T>? Data);

internal sealed record JaegerTrace(
    [property: JsonPropertyName("traceID")] string? TraceId, List<JaegerSpan>? Spans, Dictionary<string, JaegerProcess>? Processes);

internal sealed record JaegerProcess(string? ServiceName);

internal sealed record JaegerSpan(
    [property: JsonPropertyName("spanID")] string? SpanId,
    string? OperationName,
    List<JaegerReference>? References,
    long StartTime,
    long Duration,
    [property: JsonConverter(typeof(JaegerTagsConverter))] IReadOnlyDictionary<string, string>? Tags,
    [property: JsonPropertyName("processID")] string? ProcessId);

internal sealed record JaegerReference(
    string? RefType, [property: JsonPropertyName("traceID")] string? TraceId, [property: JsonPropertyName("spanID")] string? SpanId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JaegerAnswer<string>))]
[JsonSerializable(typeof(JaegerAnswer<JaegerTrace>))]
internal sealed partial class JaegerJson : JsonSerializerContext;
