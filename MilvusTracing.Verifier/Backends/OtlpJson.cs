using System.Text.Json.Serialization;

namespace MilvusTracing.Verifier.Backends;

internal sealed record DashboardAnswer(OtlpData? Data);

internal sealed record OtlpData(List<OtlpResourceSpans>? ResourceSpans);

internal sealed record OtlpResourceSpans(OtlpResource? Resource, List<OtlpScopeSpans>? ScopeSpans);

internal sealed record OtlpResource(
    [property: JsonConverter(typeof(OtlpAttributesConverter))] IReadOnlyDictionary<string, string>? Attributes);

internal sealed record OtlpScopeSpans(List<OtlpSpan>? Spans);

internal sealed record OtlpSpan(
    string? TraceId,
    string? SpanId,
    string? ParentSpanId,
    string? Name,
    int? Kind,
    ulong? StartTimeUnixNano,
    ulong? EndTimeUnixNano,
    [property: JsonConverter(typeof(OtlpAttributesConverter))] IReadOnlyDictionary<string, string>? Attributes,
    OtlpStatus? Status);

internal sealed record OtlpStatus(int? Code);

internal sealed record DashboardResource(string? Name, string? DisplayName, bool HasTraces);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(DashboardAnswer))]
[JsonSerializable(typeof(List<DashboardResource>))]
internal sealed partial class OtlpJson : JsonSerializerContext;
