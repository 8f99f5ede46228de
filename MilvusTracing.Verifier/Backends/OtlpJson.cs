using System.Text.Json.Serialization;

namespace MilvusTracing.Verifier.Backends;

internal sealed record DashboardAnswer(OtlpData? Data);

internal sealed record OtlpData(List<OtlpResourceSpans>? ResourceSpans);

internal sealed record OtlpResourceSpans(OtlpResource? Resource, List<OtlpScopeSpans>? ScopeSpans);

internal sealed record OtlpResource(
    [property: JsonConverter(typeof(OtlpAttributesConverter))] IReadOnlyDictionary<string, string>? Attributes);

internal sealed record OtlpScopeSpans(List<OtlpSpan>? Spans);

internal sealed class OtlpSpan
{
    public string? TraceId { get; set; }

    public string? SpanId { get; set; }

    public string? ParentSpanId { get; set; }

    public string? Name { get; set; }

    public int? Kind { get; set; }

    public ulong? StartTimeUnixNano { get; set; }

    public ulong? EndTimeUnixNano { get; set; }

    [JsonConverter(typeof(OtlpAttributesConverter))]
    public IReadOnlyDictionary<string, string>? Attributes { get; set; }

    public OtlpStatus? Status { get; set; }
}

internal sealed record OtlpStatus(int? Code);

internal sealed record DashboardResource(string? Name, string? DisplayName, bool HasTraces);

// JaegerJson tells why the buffer is large.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultBufferSize = 256 * 1024, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(DashboardAnswer))]
[JsonSerializable(typeof(List<DashboardResource>))]
internal sealed partial class OtlpJson : JsonSerializerContext;
