using System.Text.Json.Serialization;

namespace MilvusTracing.Verifier.Backends;

internal sealed record JaegerAnswer<T>(List<T>? Data);

internal sealed record JaegerTrace(
    [property: JsonPropertyName("traceID")] string? TraceId, List<JaegerSpan>? Spans, Dictionary<string, JaegerProcess>? Processes);

internal sealed record JaegerProcess(string? ServiceName);

internal sealed class JaegerSpan
{
    [JsonPropertyName("spanID")]
    public string? SpanId { get; set; }

    public string? OperationName { get; set; }

    public List<JaegerReference>? References { get; set; }

    public long StartTime { get; set; }

    public long Duration { get; set; }

    [JsonConverter(typeof(JaegerTagsConverter))]
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    [JsonPropertyName("processID")]
    public string? ProcessId { get; set; }
}

internal sealed class JaegerReference
{
    public string? RefType { get; set; }

    [JsonPropertyName("traceID")]
    public string? TraceId { get; set; }

    [JsonPropertyName("spanID")]
    public string? SpanId { get; set; }
}

/// <summary>A trace read only for when it began.</summary>
internal sealed record JaegerTraceTimes([property: JsonPropertyName("traceID")] string? TraceId, List<JaegerSpanTime>? Spans);

internal readonly record struct JaegerSpanTime(long StartTime);

// Settable properties and a large buffer read twice as fast as constructors and the default 16 KiB.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultBufferSize = 256 * 1024)]
[JsonSerializable(typeof(JaegerAnswer<string>))]
[JsonSerializable(typeof(JaegerAnswer<JaegerTrace>))]
[JsonSerializable(typeof(JaegerAnswer<JaegerTraceTimes>))]
internal sealed partial class JaegerJson : JsonSerializerContext;
