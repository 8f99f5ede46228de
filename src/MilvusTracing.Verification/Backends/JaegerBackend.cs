using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>Reads traces from Jaeger's stable query API, <c>/api/v3</c>, which Jaeger 2.0 and later serve.</summary>
/// <param name="url">The address of Jaeger's UI and query API, such as http://localhost:16686, with Jaeger's base path if it has one.</param>
/// <example>
/// <code>
/// using var jaeger = new JaegerBackend(new Uri("http://localhost:16686"));
/// var latest = await jaeger.FindTracesAsync(new TraceQuery("milvus-client", Limit: 1), cancellationToken);
/// </code>
/// </example>
public sealed class JaegerBackend(Uri url) : ITraceBackend, IDisposable
{
    /// <summary>The order of a search's results is not defined: read this many at least and select the latest.</summary>
    private const int MinTraces = 20;

    /// <summary>
    /// Reads traces as they were sent. Otherwise Jaeger may move spans to correct clock skew, and its memory store (2.13) adds warnings to
    /// the stored trace at each request.
    /// </summary>
    private const string Raw = "raw_traces=true";

    /// <summary>Includes spans of machines whose clock is ahead.</summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromDays(1);

    /// <summary>
    /// How far back a search without a start time goes: a short time first, because a large store searches one index a day. A
    /// request to Elasticsearch names each of them in its URL, which limits it to about 150 days.
    /// </summary>
    private static readonly TimeSpan[] Ranges = [TimeSpan.FromDays(2), TimeSpan.FromDays(90)];

    private readonly BackendHttp _http = new(BackendKind.Jaeger, url);

    /// <inheritdoc/>
    public string Name => BackendKind.Jaeger.Name;

    /// <inheritdoc/>
    public Uri Url => url;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var response = await _http.GetAsync("api/v3/services", BackendJson.Default.JaegerServices, cancellationToken).ConfigureAwait(false);
        return [.. (response?.Services ?? []).OfType<string>().Distinct().Select(name => new ServiceInfo(name))];
    }

    /// <inheritdoc/>
    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        (await ReadAsync($"api/v3/traces/{traceId}?{Raw}", cancellationToken).ConfigureAwait(false)).FirstOrDefault(trace => trace.Id == traceId);

    /// <inheritdoc/>
    /// <remarks>Without <see cref="TraceQuery.From"/> the last two days are searched, and if they hold no trace, the last 90 days.</remarks>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var now = DateTimeOffset.UtcNow;
        foreach (var from in query.From is { } start ? [start] : Ranges.Select(range => now - range))
        {
            var path = string.Create(
                CultureInfo.InvariantCulture,
                $"api/v3/traces?query.service_name={Uri.EscapeDataString(query.Service)}&query.num_traces={Math.Max(query.Limit, MinTraces)}"
                    + $"&query.start_time_min={from.UtcDateTime:O}&query.start_time_max={(query.To ?? now + ClockMargin).UtcDateTime:O}&query.{Raw}");
            var traces = (await ReadAsync(path, cancellationToken).ConfigureAwait(false)).OrderByDescending(trace => trace.Start).Take(query.Limit).ToList();
            if (traces.Count > 0)
            {
                return traces;
            }
        }

        return [];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<TraceData>> ReadAsync(string path, CancellationToken cancellationToken) =>
        OtlpReader.ToTraces((await _http.GetAsync(path, BackendJson.Default.JaegerTraces, cancellationToken).ConfigureAwait(false))?.Result);
}
