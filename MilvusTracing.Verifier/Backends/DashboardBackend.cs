using System.Collections.Frozen;
using System.Diagnostics;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Backends;

/// <summary>The Aspire dashboard's telemetry API: <c>/api/telemetry/resources</c>, <c>/traces</c>, <c>/traces/{id}</c>.</summary>
/// <param name="url">The dashboard's address, such as http://localhost:18888; the login link that it prints will do.</param>
/// <param name="apiKey">Its API key (<c>Dashboard:Api:PrimaryApiKey</c>), or null where the API is unsecured.</param>
public sealed class DashboardBackend(Uri url, string? apiKey = null) : ITraceBackend, IDisposable
{
    private readonly BackendHttp _http = new(BackendKind.Dashboard, new Uri(url.GetLeftPart(UriPartial.Authority)), apiKey);

    /// <inheritdoc/>
    public string Name => BackendKind.Dashboard.Name;

    /// <inheritdoc/>
    public Uri Url => _http.Url;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> GetServicesAsync(CancellationToken cancellationToken) =>
        [.. (await GetResourcesAsync(cancellationToken)).Select(resource => resource.Name ?? "").Distinct()];

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        Traces(await _http.GetAsync($"api/telemetry/traces/{traceId}", OtlpJson.Default.DashboardAnswer, cancellationToken))
            .FirstOrDefault(trace => trace.Id == traceId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        // Every start of a service is a resource of its own here, and the API answers 404 to a name that several share.
        var resources = (await GetResourcesAsync(cancellationToken))
            .Where(resource => resource.Name == query.Service)
            .Select(resource => $"resource={Uri.EscapeDataString(resource.DisplayName ?? query.Service)}")
            .ToList();
        if (resources.Count == 0)
        {
            return [];
        }

        var answer = await _http.GetAsync(
            $"api/telemetry/traces?{string.Join('&', resources)}&limit={query.Limit}", OtlpJson.Default.DashboardAnswer, cancellationToken);
        return [.. Traces(answer).Where(trace => trace.Start >= (query.From ?? DateTimeOffset.MinValue) && trace.Start <= (query.To ?? DateTimeOffset.MaxValue))];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<DashboardResource>> GetResourcesAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync("api/telemetry/resources", OtlpJson.Default.ListDashboardResource, cancellationToken) ?? [])
            .Where(resource => resource.HasTraces);

    private static IEnumerable<TraceData> Traces(DashboardAnswer? answer) =>
        from resource in answer?.Data?.ResourceSpans ?? []
        let service = resource.Resource?.Attributes?.GetValueOrDefault("service.name") ?? "(no service)"
        from scope in resource.ScopeSpans ?? []
        from span in scope.Spans ?? []
        let traceId = HexId.Normalize(span.TraceId, HexId.TraceDigits)
        where traceId is not null
        let read = ToSpan(span, service)
        where read is not null
        group read by traceId into spans
        select new TraceData(spans.Key, spans);

    private static Span? ToSpan(OtlpSpan span, string service)
    {
        if (HexId.Normalize(span.SpanId, HexId.SpanDigits) is not { } id)
        {
            return null;
        }

        var start = FromNanoseconds(span.StartTimeUnixNano);
        var end = FromNanoseconds(span.EndTimeUnixNano);
        return new Span
        {
            Id = id,
            ParentId = HexId.Normalize(span.ParentSpanId, HexId.SpanDigits),
            Name = span.Name ?? "",
            Service = service,
            Kind = Kind(span.Kind),
            Start = start,
            Duration = end > start ? end - start : TimeSpan.Zero,
            IsError = span.Status?.Code == 2,
            Attributes = span.Attributes ?? FrozenDictionary<string, string>.Empty,
        };
    }

    /// <summary>OTLP's SpanKind; 0 is unspecified and counts as internal.</summary>
    private static ActivityKind Kind(int? kind) => kind switch
    {
        2 => ActivityKind.Server,
        3 => ActivityKind.Client,
        4 => ActivityKind.Producer,
        5 => ActivityKind.Consumer,
        _ => ActivityKind.Internal,
    };

    private static DateTimeOffset FromNanoseconds(ulong? nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks((long)Math.Min((nanoseconds ?? 0) / 100, (ulong)(DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks));
}
