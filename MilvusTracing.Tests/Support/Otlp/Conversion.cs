using System.Diagnostics;
using Google.Protobuf;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Tests.Support.Otlp.Protos;

namespace MilvusTracing.Tests.Support.Otlp;

/// <summary>Converts OTLP's nested messages to flat records, each with its resource and scope.</summary>
internal static class Conversion
{
    public static IEnumerable<ReceivedSpan> Spans(ExportTraceServiceRequest request) =>
        from resourceSpans in request.ResourceSpans
        let resource = Attributes(resourceSpans.Resource?.Attributes)
        from scopeSpans in resourceSpans.ScopeSpans
        from span in scopeSpans.Spans
        select new ReceivedSpan(
            Hex(span.TraceId),
            Hex(span.SpanId),
            Hex(span.ParentSpanId),
            span.Name,
            // OTLP has one more value, for an unknown kind, which means Internal.
            (ActivityKind)Math.Max(0, (int)span.Kind - 1),
            DateTimeOffset.UnixEpoch.AddTicks((long)(span.StartTimeUnixNano / TimeSpan.NanosecondsPerTick)),
            TimeSpan.FromTicks((long)(span.EndTimeUnixNano - span.StartTimeUnixNano) / TimeSpan.NanosecondsPerTick),
            (ActivityStatusCode)(span.Status?.Code ?? Status.Types.StatusCode.Unset),
            Attributes(span.Attributes),
            [.. span.Events.Select(e => new ReceivedEvent(e.Name, Attributes(e.Attributes)))],
            scopeSpans.Scope?.Name ?? "",
            resource);

    public static IEnumerable<ReceivedMetric> Metrics(ExportMetricsServiceRequest request) =>
        from resourceMetrics in request.ResourceMetrics
        let resource = Attributes(resourceMetrics.Resource?.Attributes)
        from scopeMetrics in resourceMetrics.ScopeMetrics
        from metric in scopeMetrics.Metrics
        select new ReceivedMetric(metric.Name, metric.Unit, [.. Points(metric)], scopeMetrics.Scope?.Name ?? "", resource);

    public static IEnumerable<ReceivedLog> Logs(ExportLogsServiceRequest request) =>
        from resourceLogs in request.ResourceLogs
        let resource = Attributes(resourceLogs.Resource?.Attributes)
        from scopeLogs in resourceLogs.ScopeLogs
        from log in scopeLogs.LogRecords
        select new ReceivedLog(
            Value(log.Body)?.ToString() ?? "",
            log.SeverityText,
            log.SeverityNumber,
            Hex(log.TraceId),
            Hex(log.SpanId),
            Attributes(log.Attributes),
            scopeLogs.Scope?.Name ?? "",
            resource);

    private static IEnumerable<ReceivedPoint> Points(Metric metric) => metric.DataCase switch
    {
        Metric.DataOneofCase.Gauge => metric.Gauge.DataPoints.Select(Number),
        Metric.DataOneofCase.Sum => metric.Sum.DataPoints.Select(Number),
        Metric.DataOneofCase.Histogram => metric.Histogram.DataPoints.Select(p =>
            new ReceivedPoint(p.Sum, p.Count, p.ExplicitBounds, Attributes(p.Attributes))),
        _ => [],
    };

    private static ReceivedPoint Number(NumberDataPoint point) => new(
        point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble,
        0, [], Attributes(point.Attributes));

    private static Dictionary<string, object?> Attributes(IEnumerable<KeyValue>? attributes) =>
        (attributes ?? []).DistinctBy(attribute => attribute.Key).ToDictionary(attribute => attribute.Key, attribute => Value(attribute.Value));

    private static object? Value(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue,
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue,
        AnyValue.ValueOneofCase.BytesValue => value.BytesValue.ToByteArray(),
        AnyValue.ValueOneofCase.ArrayValue => value.ArrayValue.Values.Select(Value).ToArray(),
        AnyValue.ValueOneofCase.KvlistValue => Attributes(value.KvlistValue.Values),
        _ => null,
    };

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}
