namespace MilvusTracing.Verification;

/// <summary>Recommends a change for the part that takes most of an operation's time, if the trace has evidence for it.</summary>
internal static class Advice
{
    private const double MinShare = 0.3;

    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(2);

    public static IEnumerable<string> For(IReadOnlyList<TimeBreakdown> calls, PartExplanation largest)
    {
        var missing = calls.Where(call => !call.HasServerSpan).ToList();
        if (missing.Count > 0)
        {
            return [$"Milvus's spans of {Format.Count(missing.Count, "call")} are missing, so its time cannot be divided. Verify trace "
                + $"{missing[0].TraceId} to find the cause."];
        }

        return largest.Share >= MinShare && largest.P50 >= MinTime && ForPart(calls, largest.Name) is { } advice
            ? [FormattableString.Invariant($"{largest.Share:0 %} {advice}")]
            : [];
    }

    private static string? ForPart(IReadOnlyList<TimeBreakdown> calls, string largest)
    {
        var level = calls[0].Operation.ConsistencyLevel;
        var coordinatorCount = calls.Average(call => call.CoordinatorCalls.Count);
        var coordinatorCalls = calls
            .SelectMany(call => call.CoordinatorCalls).CountBy(name => name).OrderByDescending(count => count.Value).Select(count => count.Key).ToList();
        return largest switch
        {
            Part.TimeTick when level is null or "Strong" =>
                "is waiting for the time tick: with strong consistency the querynode first has to receive every write up to the call. Use "
                    + "bounded or eventual consistency where results may be a second old.",
            Part.TimeTick =>
                $"is waiting for the time tick at consistency level {level}: the querynode is further behind than that level allows. Check "
                    + "whether it keeps up with the writes, or use a weaker level.",
            Part.BetweenCalls when calls.Max(call => call.ClientCalls) is > 2 and var most =>
                $"passes between the client's {most} calls: it polls until Milvus is done, as load_collection does until the collection is "
                    + "loaded. Load collections when the application starts, not in a request.",
            Part.ClientAndNetwork =>
                "passes outside Milvus, in the client and on the network. Run the client near Milvus, and use one client for all calls, so that "
                    + "its connection stays open.",
            Part.Segcore =>
                "is the search in segcore. Check that the segments are indexed, since without an index the search is brute force. Choose the "
                    + "index type and its search parameters (nprobe, ef) for the recall you need.",
            Part.Filter => "is the scalar filter in segcore. Create a scalar index on the filtered fields, or simplify the filter.",
            Part.Retrieve =>
                "is filtering and reading fields in segcore. Create a scalar index on the filtered fields, make the filter more selective, and "
                    + "request fewer output fields and a smaller limit.",
            Part.Reduce => "is merging results and reading output fields. Request fewer output fields and a smaller limit.",
            Part.Scheduler =>
                "is waiting in a querynode's scheduler: more requests arrive than it runs at the same time. Search several vectors in one "
                    + "request, send fewer requests at the same time, or add querynodes and replicas.",
            Part.Coordinators when coordinatorCalls.Count > 0 =>
                $"passes in the coordinators ({coordinatorCount:0.#} {(coordinatorCount == 1 ? "call" : "calls")} per operation: "
                    + $"{Format.Names(coordinatorCalls)}). Do not change collections, indexes or load states in a request.",
            Part.MessageQueue => "is writing to the message queue: write more rows per call.",
            Part.ProxyExecute when IsWrite(calls[0].Operation.Name) && calls.All(call => !call.Times.ContainsKey(Part.MessageQueue)) =>
                "passes in the proxy's execution, which writes to the WAL. Milvus 2.6 has no span for that; 2.5 and earlier, and 3.0, do. "
                    + "Write more rows per call.",
            _ => null,
        };
    }

    private static bool IsWrite(string operation) => operation is "insert" or "upsert" or "delete";
}
