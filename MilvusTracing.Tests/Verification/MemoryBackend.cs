using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>A backend in memory. Each read returns the next state of the trace, and the last state from then on.</summary>
internal sealed class MemoryBackend(string name, params TraceData?[] states) : ITraceBackend
{
    private int _reads;

    public string Name => name;

    public Uri? Url { get; init; }

    public int Reads => _reads;

    /// <summary>Other traces.</summary>
    public IReadOnlyList<TraceData> Others { get; init; } = [];

    /// <summary>Known services in addition to those of the traces.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Runs before each response; may fail, or never end.</summary>
    public Func<CancellationToken, Task> Before { get; init; } = _ => Task.CompletedTask;

    public async Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken)
    {
        await Before(cancellationToken);
        var names = states.OfType<TraceData>().Concat(Others).SelectMany(trace => trace.Spans).Select(span => span.Service).Concat(Services);
        return [.. names.Distinct().Select(name => new ServiceInfo(name))];
    }

    public async Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken)
    {
        await Before(cancellationToken);
        return states.Length == 0 ? null : states[Math.Min(Interlocked.Increment(ref _reads), states.Length) - 1];
    }

    public async Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken) =>
        [
            .. new[] { await GetTraceAsync("", cancellationToken) }.OfType<TraceData>().Concat(Others)
                .Where(trace => trace.Spans.Any(span => span.Service == query.Service)),
        ];
}
