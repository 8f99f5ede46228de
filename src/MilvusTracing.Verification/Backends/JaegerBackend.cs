using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>Jaeger's query API: <c>/api/services</c>, <c>/api/traces</c>, <c>/api/traces/{id}</c>.</summary>
/// <param name="url">The address of Jaeger's UI and query API, such as http://localhost:16686; a path before /api is kept.</param>
public sealed class JaegerBackend(Uri url) : ITraceBackend, IDisposable
{
    private const int MostRecent = 20;

    /// <summary>The duration that stands for a negative one: Jaeger's are unsigned, and some have wrapped round.</summary>
    private const long Wrapped = long.MaxValue / 2;

    private readonly BackendHttp _http = new(BackendKind.Jaeger, url);

    /// <inheritdoc/>
    public string Name => BackendKind.Jaeger.Name;

    /// <inheritdoc/>
    public Uri Url => url;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync("api/services", JaegerJson.Default.JaegerAnswerString, cancellationToken).ConfigureAwait(false);
        return [.. (answer?.Data ?? []).OfType<string>().Distinct().Select(name => new ServiceInfo(name))];
    }

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"api/traces/{traceId}", JaegerJson.Default.JaegerAnswerJaegerTrace, cancellationToken).ConfigureAwait(false);
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
            var answer = await _http.GetAsync($"{path}&limit={query.Limit}", JaegerJson.Default.JaegerAnswerJaegerTrace, cancellationToken).ConfigureAwait(false);
            return [.. Traces(answer)];
        }

        // The memory store picks by arrival and not by start. Of traces that arrived together only the latest is read in full.
        var recent = await _http.GetAsync($"{path}&limit={MostRecent}", JaegerJson.Default.JaegerAnswerJaegerTraceTimes, cancellationToken).ConfigureAwait(false);
        var latest = recent?.Data?.OfType<JaegerTraceTimes>().Where(trace => trace.Spans?.Count > 0).MaxBy(trace => trace.Spans!.Min(span => span?.StartTime ?? long.MaxValue));
        return TraceReference.NormalizeTraceId(latest?.TraceId) is { } id && await GetTraceAsync(id, cancellationToken).ConfigureAwait(false) is { } found ? [found] : [];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static IEnumerable<TraceData> Traces(JaegerAnswer<JaegerTrace>? answer) =>
        from trace in answer?.Data ?? []
        let id = TraceReference.NormalizeTraceId(trace?.TraceId)
        where id is not null
        select new TraceData(id, (trace.Spans ?? []).Select(span => ToSpan(span, trace, id)).OfType<Span>());

    private static Span? ToSpan(JaegerSpan? span, JaegerTrace trace, string traceId)
    {
        if (span is null || TraceReference.NormalizeSpanId(span.SpanId) is not { } id)
        {
            return null;
        }

        // A reference into another trace is a link, and so is every FOLLOWS_FROM: Jaeger keeps the parent as CHILD_OF.
        var parent = span.References?.FirstOrDefault(reference => reference?.RefType == "CHILD_OF"
            && TraceReference.NormalizeTraceId(reference.TraceId) == traceId);
        var tags = span.Tags ?? FrozenDictionary<string, string>.Empty;
        return new Span
        {
            Id = id,
            ParentId = TraceReference.NormalizeSpanId(parent?.SpanId),
            Name = span.OperationName ?? "",
            Service = trace.Processes?.GetValueOrDefault(span.ProcessId ?? "")?.ServiceName ?? "(no service)",
            Kind = Enum.TryParse<ActivityKind>(tags.GetValueOrDefault("span.kind"), ignoreCase: true, out var kind) ? kind : ActivityKind.Internal,
            Start = Time(span.StartTime),
            Duration = span.Duration < Wrapped ? Time(span.Duration) - DateTimeOffset.UnixEpoch : TimeSpan.Zero,
            IsError = tags.GetValueOrDefault("error") == "true" || tags.GetValueOrDefault("otel.status_code") == "ERROR",
            Attributes = tags,
        };
    }

    private static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(
        Math.Clamp(microseconds, 0, (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond);

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

internal sealed record JaegerAnswer<T>(List<T?>? Data);

internal sealed record JaegerTrace(
    [property: JsonPropertyName("traceID")] string? TraceId, List<JaegerSpan?>? Spans, Dictionary<string, JaegerProcess?>? Processes);

internal sealed record JaegerProcess(string? ServiceName);

// Settable properties and a large buffer read twice as fast as constructors and the default 16 KiB.
internal sealed class JaegerSpan
{
    [JsonPropertyName("spanID")]
    public string? SpanId { get; set; }

    public string? OperationName { get; set; }

    public List<JaegerReference?>? References { get; set; }

    [JsonConverter(typeof(TicksConverter))]
    public long StartTime { get; set; }

    [JsonConverter(typeof(TicksConverter))]
    public long Duration { get; set; }

    [JsonConverter(typeof(AttributesConverter))]
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    [JsonPropertyName("processID")]
    public string? ProcessId { get; set; }
}

internal sealed class JaegerReference
{
    public string? RefType { get; set; }

    [JsonPropertyName("traceID")]
    public string? TraceId { get; set; }

    [JsonPropertyName("spanID")]
    public string? SpanId { get; set; }
}

/// <summary>A trace read only for when it began.</summary>
internal sealed record JaegerTraceTimes([property: JsonPropertyName("traceID")] string? TraceId, List<JaegerSpanTime?>? Spans);

internal sealed record JaegerSpanTime([property: JsonConverter(typeof(TicksConverter))] long StartTime);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultBufferSize = 256 * 1024)]
[JsonSerializable(typeof(JaegerAnswer<string>))]
[JsonSerializable(typeof(JaegerAnswer<JaegerTrace>))]
[JsonSerializable(typeof(JaegerAnswer<JaegerTraceTimes>))]
internal sealed partial class JaegerJson : JsonSerializerContext;
