using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Diagnosis;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

/// <summary>What all backends hold of a trace at one moment.</summary>
internal sealed record Snapshot(IReadOnlyList<BackendResult> Backends, TraceData? Trace, TraceGraph? Graph, Verdict? Verdict)
{
    /// <summary>Joined in every backend that answers, and the same in each.</summary>
    public bool IsComplete => Verdict is { Joined: true }
        && Backends.All(backend => backend.Failure is not null || (backend.Joined && backend.Missing.Count == 0));

    public static Snapshot Of(IReadOnlyList<(ITraceBackend Backend, TraceData? Trace, Cause? Failure)> readings)
    {
        var traces = readings.Select(reading => reading.Trace).OfType<TraceData>().ToList();
        var all = traces.Count <= 1 ? traces.SingleOrDefault() : new TraceData(traces[0].Id, traces.SelectMany(trace => trace.Spans));
        var graph = all is null ? null : new TraceGraph(all);
        var verdict = graph is null ? null : Verdict.Of(graph);
        var backends = readings.Select(reading =>
        {
            var complete = reading.Trace is not null && reading.Trace.Spans.Count == all!.Spans.Count;
            return new BackendResult(
                reading.Backend.Name,
                reading.Backend.Url,
                reading.Trace?.Spans.Count ?? 0,
                complete || reading.Failure is not null ? [] : Missing(all, reading.Trace),
                reading.Failure)
            {
                Trace = reading.Trace,
                Joined = complete ? verdict!.Joined : reading.Trace is not null && Verdict.Of(reading.Trace).Joined,
            };
        }).ToList();
        return new Snapshot(backends, all, graph, verdict);
    }

    private static List<string> Missing(TraceData? all, TraceData? held)
    {
        var ids = held?.Spans.Select(span => span.Id).ToHashSet() ?? [];
        return [.. (all?.Spans ?? []).Select(span => span.Id).Where(id => !ids.Contains(id))];
    }
}
