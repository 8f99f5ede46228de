using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>A backend in memory. Each read returns the next state of the trace, and the last state from then on.</summary>
internal sealed class MemoryBackend(string name, params TraceData?[] states) : ITraceBackend
{
    private int _reads;

    public string Name => name;

    public Uri? Url => null;

    public int Reads => _reads;

    /// <summary>Other traces.</summary>
    public IReadOnlyList<TraceData> Others { get; init; } = [];

    /// <summary>Known services in addition to those of the traces.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    public Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var names = states.OfType<TraceData>().Concat(Others).SelectMany(trace => trace.Spans).Select(span => span.Service).Concat(Services);
        return Task.FromResult<IReadOnlyList<ServiceInfo>>([.. names.Distinct().Select(name => new ServiceInfo(name))]);
    }

    public Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken) =>
        Task.FromResult(states.Length == 0 ? null : states[Math.Min(Interlocked.Increment(ref _reads), states.Length) - 1]);

    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken) =>
        [
            .. new[] { await GetTraceAsync("", cancellationToken) }.OfType<TraceData>().Concat(Others)
                .Where(trace => trace.Spans.Any(span => span.Service == query.Service)),
        ];
}
