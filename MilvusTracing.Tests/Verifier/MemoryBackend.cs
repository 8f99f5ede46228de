using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verifier;

/// <summary>A backend that shows the given states of a trace, one a look, and the last one from then on.</summary>
internal sealed class MemoryBackend(string name, params TraceData?[] states) : ITraceBackend
{
    private int _looks;

    public string Name => name;

    public Uri? Url => null;

    public int Looks => _looks;

    /// <summary>Other traces, of Milvus alone.</summary>
    public IReadOnlyList<TraceData> Beside { get; init; } = [];

    public Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ServiceInfo>>([.. states.OfType<TraceData>().Concat(Beside).SelectMany(trace => trace.Spans).Select(span => span.Service).Distinct().Select(name => new ServiceInfo(name))]);

    public Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        Task.FromResult(states[Math.Min(Interlocked.Increment(ref _looks), states.Length) - 1]);

    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken) =>
        Beside.Where(trace => trace.Spans[0].Service == query.Service).ToList() is { Count: > 0 } beside ? beside
        : await GetTraceAsync("", cancellationToken) is { } trace && trace.Spans.Any(span => span.Service == query.Service) ? [trace] : [];
}
