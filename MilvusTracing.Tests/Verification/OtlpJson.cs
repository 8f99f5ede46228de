using System.Text.Json;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>Writes traces as OTLP JSON.</summary>
internal static class OtlpJson
{
    /// <summary>An export request.</summary>
    public static object Request(IEnumerable<TraceData> traces) => new
    {
        resourceSpans =
            from trace in traces
            from span in trace.Spans
            select new
            {
                resource = new { attributes = Attributes([new("service.name", span.Service)]) },
                scopeSpans = new[] { new { spans = new[] { Span(trace.Id, span) } } },
            },
    };

    /// <summary>A response of Jaeger's <c>/api/v3</c>.</summary>
    public static string Response(params IEnumerable<TraceData> traces) => JsonSerializer.Serialize(new { result = Request(traces) });

    private static object Span(string traceId, Span span) => new
    {
        traceId,
        spanId = span.Id,
        parentSpanId = span.ParentId ?? "",
        name = span.Name,
        kind = (int)span.Kind + 1,
        startTimeUnixNano = Nanoseconds(span.Start),
        endTimeUnixNano = Nanoseconds(span.End),
        status = new { code = span.IsError ? 2 : 0 },
        attributes = Attributes(span.Attributes),
    };

    private static object Attributes(IEnumerable<KeyValuePair<string, string>> attributes) =>
        attributes.Select(attribute => new { key = attribute.Key, value = new { stringValue = attribute.Value } });

    private static string Nanoseconds(DateTimeOffset time) => $"{TimeSpan.NanosecondsPerTick * (time - DateTimeOffset.UnixEpoch).Ticks}";
}
