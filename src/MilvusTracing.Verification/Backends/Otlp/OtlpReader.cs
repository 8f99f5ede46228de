using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>Converts OTLP JSON documents to traces.</summary>
internal static class OtlpReader
{
    /// <summary>The traces in a document. Spans without valid ids are skipped.</summary>
    public static IEnumerable<TraceData> ToTraces(OtlpTraces? document) =>
        from resource in document?.ResourceSpans ?? []
        from span in ToSpans(resource)
        group span.Span by span.TraceId into spans
        select new TraceData(spans.Key, spans);

    private static IEnumerable<(string TraceId, Span Span)> ToSpans(OtlpResourceSpans? resource)
    {
        var attributes = resource?.Resource?.Attributes ?? [];
        var service = attributes.Remove("service.name", out var name) ? name : "(no service)";
        return
            from scope in resource?.ScopeSpans ?? []
            from span in scope?.Spans ?? []
            let traceId = TraceReference.NormalizeTraceId(span?.TraceId)
            let id = TraceReference.NormalizeSpanId(span?.SpanId)
            where traceId is not null && id is not null
            select (traceId, ToSpan(id, span, scope.Scope, service, attributes));
    }

    private static Span ToSpan(string id, OtlpSpan span, OtlpScope? scope, string service, Dictionary<string, string> resource)
    {
        var start = Time(span.StartTimeUnixNano);
        return new Span
        {
            Id = id,
            ParentId = TraceReference.NormalizeSpanId(span.ParentSpanId),
            Name = span.Name ?? "",
            Service = service,
            ScopeName = scope?.Name,
            Kind = ToKind(span.Kind),
            Start = start,
            Duration = Time(span.EndTimeUnixNano) - start,
            IsError = span.Status?.Code == 2,
            Flags = span.Flags ?? 0,
            Attributes = Merge(span.Attributes, resource),
        };
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string>? span, Dictionary<string, string> resource)
    {
        if (span is null)
        {
            return resource;
        }

        foreach (var (key, value) in resource)
        {
            span.TryAdd(key, value);
        }

        return span;
    }

    /// <summary>OTLP's SpanKind is an ActivityKind plus 1; unspecified (0) means internal.</summary>
    private static ActivityKind ToKind(int? kind) => kind is > 1 and <= 5 ? (ActivityKind)(kind.Value - 1) : ActivityKind.Internal;

    private static DateTimeOffset Time(ulong? nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)((nanoseconds ?? 0) / TimeSpan.NanosecondsPerTick));
}
