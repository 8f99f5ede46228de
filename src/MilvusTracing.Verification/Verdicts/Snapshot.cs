namespace MilvusTracing.Verification;

/// <summary>What one backend answered, or why it did not.</summary>
internal sealed record Reading(ITraceBackend Backend, TraceData? Trace, Cause? Failure);

/// <summary>What all backends hold of a trace at one moment.</summary>
internal sealed record Snapshot(IReadOnlyList<BackendResult> Backends, TraceData? Trace, TraceGraph? Graph, Verdict? Verdict)
{
    /// <summary>Joined in every backend that answers, and the same in each.</summary>
    public bool IsComplete => Verdict is { Joined: true }
        && Backends.All(backend => backend.Failure is not null || (backend.Joined && backend.Missing.Count == 0));

    public static Snapshot Of(IReadOnlyList<Reading> readings)
    {
        var traces = readings.Select(reading => reading.Trace).OfType<TraceData>().Where(trace => trace.Spans.Count > 0).ToList();
        var all = traces.Count <= 1 ? traces.SingleOrDefault() : new TraceData(traces[0].Id, traces.SelectMany(trace => trace.Spans));
        var graph = all is null ? null : new TraceGraph(all);
        var verdict = graph is null ? null : Verdict.Of(graph);
        var backends = readings.Select(reading =>
        {
            var isWhole = all is not null && reading.Trace?.Spans.Count == all.Spans.Count;
            return new BackendResult(
                Printable.Of(reading.Backend.Name),
                reading.Backend.Url,
                reading.Trace?.Spans.Count ?? 0,
                isWhole || reading.Failure is not null ? [] : Missing(all, reading.Trace),
                reading.Failure)
            {
                Joined = isWhole ? verdict!.Joined : reading.Trace is not null && Verdict.Of(reading.Trace).Joined,
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
