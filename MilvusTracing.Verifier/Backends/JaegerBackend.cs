using System.Collections.Frozen;
using System.Diagnostics;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Backends;

/// <summary>Jaeger's query API: <c>/api/services</c>, <c>/api/traces</c>, <c>/api/traces/{id}</c>.</summary>
/// <param name="url">The address of Jaeger's UI and query API, such as http://localhost:16686; a path before /api is kept.</param>
public sealed class JaegerBackend(Uri url) : ITraceBackend, IDisposable
{
    private const int MostRecent = 20;

    private readonly BackendHttp _http = new(BackendKind.Jaeger, url);

    /// <inheritdoc/>
    public string Name => BackendKind.Jaeger.Name;

    /// <inheritdoc/>
    public Uri Url => url;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync("api/services", JaegerJson.Default.JaegerAnswerString, cancellationToken);
        return answer?.Data ?? [];
    }

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"api/traces/{traceId}", JaegerJson.Default.JaegerAnswerJaegerTrace, cancellationToken);
        return Traces(answer).FirstOrDefault(trace => trace.Id == traceId);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        var path = $"api/traces?service={Uri.EscapeDataString(query.Service)}"
            + (query.From is { } from ? $"&start={Microseconds(from)}" : "")
            + (query.To is { } to ? $"&end={Microseconds(to)}" : "");
        if (query.Limit > 1)
        {
            var answer = await _http.GetAsync($"{path}&limit={query.Limit}", JaegerJson.Default.JaegerAnswerJaegerTrace, cancellationToken);
            return [.. Traces(answer)];
        }

        // The memory store picks by arrival and not by start. Of traces that arrived together only the latest is read in full.
        var recent = await _http.GetAsync($"{path}&limit={MostRecent}", JaegerJson.Default.JaegerAnswerJaegerTraceTimes, cancellationToken);
        var latest = recent?.Data?.Where(trace => trace.Spans?.Count > 0).MaxBy(trace => trace.Spans!.Min(span => span.StartTime));
        return HexId.Normalize(latest?.TraceId, HexId.TraceDigits) is { } id && await GetTraceAsync(id, cancellationToken) is { } found ? [found] : [];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static IEnumerable<TraceData> Traces(JaegerAnswer<JaegerTrace>? answer) =>
        from trace in answer?.Data ?? []
        let id = HexId.Normalize(trace.TraceId, HexId.TraceDigits)
        where id is not null
        select new TraceData(id, (trace.Spans ?? []).Select(span => ToSpan(span, trace, id)).OfType<Span>());

    private static Span? ToSpan(JaegerSpan span, JaegerTrace trace, string traceId)
    {
        if (HexId.Normalize(span.SpanId, HexId.SpanDigits) is not { } id)
        {
            return null;
        }

        // A reference into another trace is a link, and so is every FOLLOWS_FROM: Jaeger keeps the parent as CHILD_OF.
        var parent = span.References?.FirstOrDefault(reference => reference.RefType == "CHILD_OF"
            && HexId.Normalize(reference.TraceId, HexId.TraceDigits) == traceId);
        var tags = span.Tags ?? FrozenDictionary<string, string>.Empty;
        return new Span
        {
            Id = id,
            ParentId = HexId.Normalize(parent?.SpanId, HexId.SpanDigits),
            Name = span.OperationName ?? "",
            Service = trace.Processes?.GetValueOrDefault(span.ProcessId ?? "")?.ServiceName ?? "(no service)",
            Kind = Enum.TryParse<ActivityKind>(tags.GetValueOrDefault("span.kind"), ignoreCase: true, out var kind) ? kind : ActivityKind.Internal,
            Start = DateTimeOffset.UnixEpoch.AddMicroseconds(span.StartTime),
            Duration = TimeSpan.FromMicroseconds(span.Duration),
            IsError = tags.GetValueOrDefault("error") == "true" || tags.GetValueOrDefault("otel.status_code") == "ERROR",
            Attributes = tags,
        };
    }

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
