using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>The JSON of Jaeger's UI: what it downloads, and what Jaeger's internal <c>/api/traces</c> returns. Times are in microseconds.</summary>
internal sealed record JaegerUITraces(List<JaegerUITrace?>? Data)
{
    public static OtlpTraces ToOtlp(List<JaegerUITrace?>? traces) => new([.. (traces ?? []).SelectMany(trace => trace?.ToOtlp() ?? [])]);
}

/// <summary>Reads <c>data</c>: a list in the JSON of Jaeger's UI, an object in the dashboard's.</summary>
internal sealed class DataConverter : JsonConverter<OtlpTraces>
{
    public override OtlpTraces? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.StartArray
            ? JaegerUITraces.ToOtlp(JsonSerializer.Deserialize(ref reader, OtlpJson.Default.ListJaegerUITrace))
            : JsonSerializer.Deserialize(ref reader, OtlpJson.Default.OtlpTraces);

    public override void Write(Utf8JsonWriter writer, OtlpTraces value, JsonSerializerOptions options) => throw new NotSupportedException();
}

internal sealed record JaegerUITrace(List<JaegerUISpan?>? Spans, Dictionary<string, JaegerUIProcess?>? Processes)
{
    /// <summary>The tags in which Jaeger stores fields of OTLP; <c>otel.library.name</c> is the older name of the scope.</summary>
    public static readonly string[] UsedTags = ["span.kind", "error", "otel.status_code", "otel.scope.name", "otel.library.name"];

    /// <summary>In the order of OTLP's enumeration, which begins with 0 for unspecified.</summary>
    private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

    public IEnumerable<OtlpResourceSpans> ToOtlp() =>
        from span in Spans ?? []
        where span is not null
        group span by span.ProcessID ?? "" into spans
        let process = Processes?.GetValueOrDefault(spans.Key)
        select new OtlpResourceSpans(
            new OtlpResource(new(process?.Tags ?? []) { ["service.name"] = process?.ServiceName ?? "(no service)" }), [.. spans.Select(ToOtlp)]);

    private static OtlpScopeSpans ToOtlp(JaegerUISpan span)
    {
        var tags = new Dictionary<string, string>(span.Tags ?? []);
        _ = tags.Remove("otel.scope.name", out var scope) || tags.Remove("otel.library.name", out scope);
        tags.Remove("span.kind", out var kind);
        var hasFailed = (tags.Remove("error", out var error) && error == "true") | (tags.Remove("otel.status_code", out var status) && status == "ERROR");
        var start = span.StartTime * 1_000;
        var parent = span.References?.FirstOrDefault(reference => reference?.RefType == "CHILD_OF" && reference.TraceID == span.TraceID);
        var converted = new OtlpSpan
        {
            TraceId = span.TraceID,
            SpanId = span.SpanID,
            ParentSpanId = parent?.SpanID,
            Name = span.OperationName,
            Kind = Array.IndexOf(Kinds, kind),
            StartTimeUnixNano = start,
            EndTimeUnixNano = start + (span.Duration * 1_000),
            Attributes = tags,
            Status = new(hasFailed ? 2 : 0),
        };
        return new OtlpScopeSpans(new OtlpScope(scope), [converted]);
    }
}

internal sealed record JaegerUISpan(
    string? TraceID,
    string? SpanID,
    string? OperationName,
    List<JaegerUIReference?>? References,
    ulong? StartTime,
    ulong? Duration,
    [property: JsonConverter(typeof(OtlpAttributesConverter))] Dictionary<string, string>? Tags,
    string? ProcessID);

internal sealed record JaegerUIReference(string? RefType, string? TraceID, string? SpanID);

internal sealed record JaegerUIProcess(string? ServiceName, [property: JsonConverter(typeof(OtlpAttributesConverter))] Dictionary<string, string>? Tags);
