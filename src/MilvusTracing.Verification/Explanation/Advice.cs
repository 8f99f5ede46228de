namespace MilvusTracing.Verification;

/// <summary>Recommends a change for each part that takes much of an operation's time, if the spans have evidence for it.</summary>
internal static class Advice
{
    private const double MinShare = 0.3;

    private const int MaxSpans = 2;

    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(2);

    public static IEnumerable<string> For(IReadOnlyList<TimeBreakdown> calls, IReadOnlyList<PartExplanation> parts)
    {
        var missing = calls.Where(call => !call.HasServerSpan).ToList();
        if (missing.Count > 0)
        {
            return [$"Milvus's spans of {Format.Count(missing.Count, "call")} are missing, so its time cannot be divided. Verify trace "
                + $"{missing[0].TraceId} to find the cause."];
        }

        var unanswered = calls.FirstOrDefault(call => call.UnansweredCalls.Count > 0);
        var mean = TimeSpan.FromTicks((long)calls.Average(call => (double)call.Duration.Ticks));
        var advice =
               from part in parts
               where part.Share >= MinShare && mean * part.Share >= MinTime
               let found = ForPart(calls, part.Name)
               where found is not null
               let time = Format.Duration(mean * part.Share)
               select FormattableString.Invariant($"{part.Share:0 %} {found.Value.Finding}: {time} of {Format.Duration(mean)}")
                   + $"{(calls.Count > 1 ? " a call" : "")}, in {Evidence(calls, part.Name)}. {found.Value.Change} This saves {time} at most.";
        return unanswered is null ? advice : advice.Prepend(
            $"The called role's spans of {Format.Names(unanswered.UnansweredCalls)} are missing, so the parts may be wrong. Verify trace "
                + $"{unanswered.TraceId} to find the cause.");
    }

    /// <summary>The spans with most of the part's time, and their processes.</summary>
    private static string Evidence(IReadOnlyList<TimeBreakdown> calls, string part)
    {
        var spans = calls.SelectMany(call => call.Slices).Where(slice => slice.Key.Part == part)
            .GroupBy(slice => slice.Key, slice => (double)slice.Value.Ticks).OrderByDescending(span => span.Sum()).Take(MaxSpans);
        return string.Join(" and ", spans.GroupBy(span => span.Key.Node, span => SpanClassifier.ShortName(span.Key.Span)).Select(node =>
            string.Join(" and ", node) + (node.Key is null ? "" : $" {(part == Part.InternalNetwork ? "to" : "on")} {node.Key}")));
    }

    private static (string Finding, string Change)? ForPart(IReadOnlyList<TimeBreakdown> calls, string part)
    {
        var operation = calls[0].Operation;
        return part switch
        {
            Part.TimeTick when operation.ConsistencyLevel is null or "Strong" => (
                "is waiting for the time tick",
                "With strong consistency the querynode first has to receive every write up to the call. Use bounded or eventual consistency "
                    + "where results may be a second old."),
            Part.TimeTick => (
                $"is waiting for the time tick at consistency level {operation.ConsistencyLevel}",
                "The querynode is further behind than that level allows. Check whether it keeps up with the writes, or use a weaker level."),
            Part.BetweenCalls when calls.Max(call => call.ClientCalls) is > 2 and var most => (
                $"passes between the client's {most} calls",
                "It polls until Milvus is done, as load_collection does until the collection is loaded. Load collections when the application "
                    + "starts, not in a request."),
            Part.ClientAndNetwork => (
                "passes outside Milvus",
                "The client and the network take it. Run the client near Milvus, and use one client for all calls, so that its connection stays open."),
            Part.InternalNetwork => (
                "passes between a call inside Milvus and the span of the called process",
                "The request or its answer waits on the network or for that process. Compare with its CPU throttling and pauses, and with the "
                    + "latency of the network."),
            Part.VectorSearch when operation.IsSearch => (
                "is the vector search in segcore",
                "Check that the segments are indexed, since without an index the search is brute force. Choose the index type and its search "
                    + "parameters (nprobe, ef) for the recall you need."),
            Part.Segcore when operation.IsSearch && calls.All(call => call.TimeIn(Part.Filter) + call.TimeIn(Part.VectorSearch) == TimeSpan.Zero) => (
                "is the search in segcore, whose spans do not show filter and vector search apart",
                "Search once without the filter. If that is as slow, check that the segments are indexed, and choose the index type and its search "
                    + "parameters (nprobe, ef) for the recall you need. If it is faster, create a scalar index on the filtered fields."),
            Part.Filter => ("is the scalar filter in segcore", "Create a scalar index on the filtered fields, or simplify the filter."),
            Part.Retrieve => (
                "is filtering and reading fields in segcore",
                "Create a scalar index on the filtered fields, make the filter more selective, and request fewer output fields and a smaller limit."),
            Part.OutputFields => (
                operation.IsSearch ? "is reducing the segments' results and filling in output fields" : "is reading output fields",
                "Request fewer output fields and a smaller limit."),
            Part.Reduce => (
                "is decoding and reducing results",
                "Request a smaller limit, fewer output fields, and fewer vectors in one search."),
            Part.Requery => (
                "is reading the rows that were found again, for their output fields",
                "A search of several vector fields does so if it returns more than the primary key. Request only the primary key, or fewer "
                    + "output fields and a smaller limit."),
            Part.Scheduler => (
                "is waiting in a scheduler",
                "More requests arrive than the process runs at the same time. Search several vectors in one request, send fewer requests at the "
                    + "same time, or add querynodes and replicas."),
            Part.Coordinators when CoordinatorCalls(calls) is { Count: > 0 } names => (
                "passes in the coordinators",
                $"An operation has {FormattableString.Invariant($"{calls.Average(call => call.CoordinatorCalls.Count):0.#}")} of these calls: "
                    + $"{Format.Names(names)}. Do not change collections, indexes or load states in a request."),
            Part.MessageQueue => ("is writing to the message queue", "Write more rows per call."),
            Part.ProxyExecute when operation.Name is "insert" or "upsert" or "delete"
                && calls.All(call => call.TimeIn(Part.MessageQueue) == TimeSpan.Zero) => (
                "passes in the proxy's execution, which writes to the WAL",
                "Milvus 2.6 has no span for that; 2.5 and earlier, and 3.0, do. Write more rows per call."),
            _ => null,
        };
    }

    private static List<string> CoordinatorCalls(IReadOnlyList<TimeBreakdown> calls) =>
        [.. calls.SelectMany(call => call.CoordinatorCalls).GroupBy(name => name).OrderByDescending(calls => calls.Count()).Select(calls => calls.Key)];
}
