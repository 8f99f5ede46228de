namespace MilvusTracing.Verification;

/// <summary>Finds the latest traces of a service that have a call of Milvus.</summary>
internal static class LatestTraces
{
    private const int MinRead = 20;
    private const int MaxRead = 1_000;

    /// <returns>Up to a number of traces, the latest first: those with a call of Milvus, or any others if no trace has one, but no heartbeats.</returns>
    public static async Task<IReadOnlyList<TraceData>> FindAsync(ITraceBackend backend, string service, int count, CancellationToken cancellationToken)
    {
        var limit = Math.Max(count, MinRead);
        var read = await backend.FindTracesAsync(new TraceQuery(service, limit), cancellationToken).ConfigureAwait(false);
        if (read.Count >= limit && read.Count(HasCall) < count)
        {
            // Clients of Milvus 3.0 send a heartbeat every few seconds, each in a trace of its own.
            try
            {
                read = await backend.FindTracesAsync(new TraceQuery(service, MaxRead), cancellationToken).ConfigureAwait(false);
            }
            catch (BackendException)
            {
                // The traces of the first request are better than none.
            }
        }

        var traces = read.Where(trace => !trace.Graph.Roots.Any(root => SpanClassifier.IsHeartbeat(root.Span))).OrderByDescending(trace => trace.Start).ToList();
        return [.. (traces.Any(HasCall) ? traces.Where(HasCall) : traces).Take(count)];
    }

    public static bool HasCall(TraceData trace) => trace.Graph.Nodes.Any(SpanClassifier.IsClientCall);
}
