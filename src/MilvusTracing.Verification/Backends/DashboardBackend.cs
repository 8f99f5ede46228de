using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

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
    public async Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken) =>
        [.. (await GetResourcesAsync(cancellationToken).ConfigureAwait(false))
            .GroupBy(resource => resource.Name ?? "")
            .Select(starts => new ServiceInfo(starts.Key, starts.Any(start => start.HasTraces)))];

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        Traces(await _http.GetAsync($"api/telemetry/traces/{traceId}", DashboardJson.Default.DashboardAnswer, cancellationToken).ConfigureAwait(false))
            .FirstOrDefault(trace => trace.Id == traceId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        // Every start of a service is a resource of its own here, and the API answers 404 to a name that several share.
        var resources = (await GetResourcesAsync(cancellationToken).ConfigureAwait(false))
            .Where(resource => resource.HasTraces && resource.Name == query.Service)
            .Select(resource => $"resource={Uri.EscapeDataString(resource.DisplayName ?? query.Service)}")
            .ToList();
        if (resources.Count == 0)
        {
            return [];
        }

        var answer = await _http.GetAsync(
            $"api/telemetry/traces?{string.Join('&', resources)}&limit={query.Limit}", DashboardJson.Default.DashboardAnswer, cancellationToken).ConfigureAwait(false);
        return [.. Traces(answer).Where(trace => trace.Start >= (query.From ?? DateTimeOffset.MinValue) && trace.Start <= (query.To ?? DateTimeOffset.MaxValue))];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<DashboardResource>> GetResourcesAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync("api/telemetry/resources", DashboardJson.Default.ListDashboardResource, cancellationToken).ConfigureAwait(false) ?? [])
            .OfType<DashboardResource>();

    private static IEnumerable<TraceData> Traces(DashboardAnswer? answer) =>
        from resource in answer?.Data?.ResourceSpans ?? []
        let service = resource?.Resource?.Attributes?.GetValueOrDefault("service.name") ?? "(no service)"
        from scope in resource?.ScopeSpans ?? []
        from span in scope?.Spans ?? []
        let traceId = TraceReference.NormalizeTraceId(span?.TraceId)
        where traceId is not null
        let read = ToSpan(span, service)
        where read is not null
        group read by traceId into spans
        select new TraceData(spans.Key, spans);

    private static Span? ToSpan(OtlpSpan? span, string service)
    {
        if (span is null || TraceReference.NormalizeSpanId(span.SpanId) is not { } id)
        {
            return null;
        }

        var start = Time(span.StartTimeUnixNano);
        return new Span
        {
            Id = id,
            ParentId = TraceReference.NormalizeSpanId(span.ParentSpanId),
            Name = span.Name ?? "",
            Service = service,
            Kind = Kind(span.Kind),
            Start = start,
            Duration = Time(span.EndTimeUnixNano) - start,
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

    private static DateTimeOffset Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(Math.Max(nanoseconds, 0) / TimeSpan.NanosecondsPerTick);
}

internal sealed record DashboardAnswer(OtlpData? Data);

internal sealed record OtlpData(List<OtlpResourceSpans?>? ResourceSpans);

internal sealed record OtlpResourceSpans(OtlpResource? Resource, List<OtlpScopeSpans?>? ScopeSpans);

internal sealed record OtlpResource(
    [property: JsonConverter(typeof(AttributesConverter))] IReadOnlyDictionary<string, string>? Attributes);

internal sealed record OtlpScopeSpans(List<OtlpSpan?>? Spans);

internal sealed class OtlpSpan
{
    public string? TraceId { get; set; }

    public string? SpanId { get; set; }

    public string? ParentSpanId { get; set; }

    public string? Name { get; set; }

    public int? Kind { get; set; }

    [JsonConverter(typeof(TicksConverter))]
    public long StartTimeUnixNano { get; set; }

    [JsonConverter(typeof(TicksConverter))]
    public long EndTimeUnixNano { get; set; }

    [JsonConverter(typeof(AttributesConverter))]
    public IReadOnlyDictionary<string, string>? Attributes { get; set; }

    public OtlpStatus? Status { get; set; }
}

internal sealed record OtlpStatus(int? Code);

internal sealed record DashboardResource(string? Name, string? DisplayName, bool HasTraces);

// JaegerSpan tells why the buffer is large.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultBufferSize = 256 * 1024, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(DashboardAnswer))]
[JsonSerializable(typeof(List<DashboardResource>))]
internal sealed partial class DashboardJson : JsonSerializerContext;
