namespace MilvusTracing.Verification;

/// <summary>Reads traces from the Aspire dashboard's telemetry API, <c>/api/telemetry</c>.</summary>
/// <param name="url">The dashboard's address, such as http://localhost:18888, or the login link that it prints.</param>
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
        (await ReadAsync($"api/telemetry/traces/{traceId}", cancellationToken).ConfigureAwait(false)).FirstOrDefault(trace => trace.Id == traceId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        // Each start of a service is a resource with a display name of its own; a name that several share is not found.
        var resources = (await GetResourcesAsync(cancellationToken).ConfigureAwait(false))
            .Where(resource => resource.HasTraces && resource.Name == query.Service)
            .Select(resource => $"resource={Uri.EscapeDataString(resource.DisplayName ?? query.Service)}")
            .ToList();
        if (resources.Count == 0)
        {
            return [];
        }

        var traces = await ReadAsync($"api/telemetry/traces?{string.Join('&', resources)}&limit={query.Limit}", cancellationToken).ConfigureAwait(false);
        return [.. traces.Where(trace => !(trace.Start < query.From || trace.Start > query.To))];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<DashboardResource>> GetResourcesAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync("api/telemetry/resources", BackendJson.Default.ListDashboardResource, cancellationToken).ConfigureAwait(false) ?? [])
            .OfType<DashboardResource>();

    private async Task<IEnumerable<TraceData>> ReadAsync(string path, CancellationToken cancellationToken) =>
        OtlpReader.ToTraces((await _http.GetAsync(path, BackendJson.Default.DashboardTraces, cancellationToken).ConfigureAwait(false))?.Data);
}
