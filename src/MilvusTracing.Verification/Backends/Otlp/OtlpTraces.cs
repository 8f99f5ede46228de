using System.Globalization;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>OTLP's <c>TracesData</c> in JSON, as Jaeger, the Aspire dashboard and the Collector's file exporter write it. Only used fields are read.</summary>
internal sealed record OtlpTraces(List<OtlpResourceSpans?>? ResourceSpans);

/// <summary>A file's OTLP: plain, or as a response of Jaeger's <c>/api/v3</c> or of the dashboard.</summary>
internal sealed record OtlpDocument(
    List<OtlpResourceSpans?>? ResourceSpans, OtlpTraces? Result, [property: JsonConverter(typeof(DataConverter))] OtlpTraces? Data);

internal sealed record OtlpResourceSpans(OtlpResource? Resource, List<OtlpScopeSpans?>? ScopeSpans);

internal sealed record OtlpResource([property: JsonConverter(typeof(OtlpAttributesConverter))] Dictionary<string, string>? Attributes);

internal sealed record OtlpScopeSpans(OtlpScope? Scope, List<OtlpSpan?>? Spans);

internal sealed record OtlpScope(string? Name);

internal sealed record OtlpStatus(int? Code);

/// <summary>Has setters, since a constructor with as many parameters makes reading 50,000 spans slow.</summary>
internal sealed class OtlpSpan
{
    public string? TraceId { get; set; }

    public string? SpanId { get; set; }

    public string? ParentSpanId { get; set; }

    public uint? Flags { get; set; }

    public string? Name { get; set; }

    public int? Kind { get; set; }

    public ulong? StartTimeUnixNano { get; set; }

    public ulong? EndTimeUnixNano { get; set; }

    [JsonConverter(typeof(OtlpAttributesConverter))]
    public Dictionary<string, string>? Attributes { get; set; }

    public OtlpStatus? Status { get; set; }
}

/// <summary>OTLP's AnyValue without lists, maps and bytes, which no used attribute has.</summary>
internal sealed class OtlpValue
{
    public string? StringValue { get; set; }

    public long? IntValue { get; set; }

    public double? DoubleValue { get; set; }

    public bool? BoolValue { get; set; }

    public string? ToText() => StringValue ?? (BoolValue is { } flag ? flag ? "true" : "false" : null)
        ?? IntValue?.ToString(CultureInfo.InvariantCulture) ?? DoubleValue?.ToString(CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString, DefaultBufferSize = BufferSize)]
[JsonSerializable(typeof(OtlpTraces))]
[JsonSerializable(typeof(OtlpDocument))]
[JsonSerializable(typeof(OtlpValue))]
[JsonSerializable(typeof(JaegerUITraces))]
[JsonSerializable(typeof(List<JaegerUITrace?>))]
internal sealed partial class OtlpJson : JsonSerializerContext
{
    /// <summary>Reads large traces twice as fast as the default of 16 KiB.</summary>
    public const int BufferSize = 256 * 1024;
}
