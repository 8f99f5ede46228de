using MilvusTracing.Local.Otlp;
using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Local.Proof;

/// <summary>The spans that came to Local itself, as one more backend for the verifier.</summary>
internal sealed class InMemoryBackend(OtlpReceiver receiver) : ITraceBackend
{
    public string Name => "Local";

    public Uri? Url => null;

    public Task<IReadOnlyList<string>> GetServicesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. receiver.Spans.Select(span => span.Service).Distinct()]);

    public Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        Task.FromResult(Traces(receiver.Spans.Where(span => span.TraceId == traceId)).SingleOrDefault());

    public Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TraceData>>(
        [
            .. Traces(receiver.Spans)
                .Where(trace => trace.Spans.Any(span => span.Service == query.Service))
                .OrderByDescending(trace => trace.Spans.Min(span => span.Start))
                .Where(trace => trace.Spans.Min(span => span.Start) is var start && start >= (query.From ?? start) && start <= (query.To ?? start))
                .Take(query.Limit),
        ]);

    private static IEnumerable<TraceData> Traces(IEnumerable<ReceivedSpan> spans) =>
        from span in spans
        group span by span.TraceId into trace
        select new TraceData(trace.Key, trace.Select(ToSpan));

    private static Span ToSpan(ReceivedSpan span) => new()
    {
        Id = span.SpanId,
        ParentId = span.ParentSpanId.Length > 0 ? span.ParentSpanId : null,
        Name = span.Name,
        Service = span.Service,
        Kind = span.Kind,
        Start = span.Start,
        Duration = span.Duration,
        IsError = span.Status == System.Diagnostics.ActivityStatusCode.Error,
        Attributes = span.Attributes
            .Where(attribute => Span.UsedAttributes.Contains(attribute.Key))
            .ToDictionary(attribute => attribute.Key, attribute => attribute.Value?.ToString() ?? ""),
    };
}
