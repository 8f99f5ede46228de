namespace MilvusTracing.Verification;

/// <summary>What to do about the part that takes most of an operation's time. Where there is no evidence, there is no advice.</summary>
internal static class Advice
{
    /// <summary>A part below this share, or this time, is not worth a change.</summary>
    private const double LeastShare = 0.3;

    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(2);

    public static IEnumerable<string> For(IReadOnlyList<TimeBreakdown> calls, Part largest, double share, TimeSpan p50)
    {
        var missing = calls.Count(call => !call.HasServerSpan);
        if (missing > 0)
        {
            yield return $"Milvus's own spans of {Format.Count(missing, "call")} are missing, so nothing tells what it did: 'milvus-trace verify {calls.First(call => !call.HasServerSpan).TraceId}' says why.";
        }

        if (share < LeastShare || p50 < LeastTime || missing > 0)
        {
            yield break;
        }

        var percent = FormattableString.Invariant($"{share:0 %}");
        var level = calls[0].Operation.ConsistencyLevel;
        var coordinatorCalls = calls.SelectMany(call => call.CoordinatorCalls).CountBy(name => name).OrderByDescending(count => count.Value).Select(count => count.Key).ToList();
        var advice = largest switch
        {
            Part.TimeTick when level is null or "Strong" =>
                $"{percent} is waiting for the time tick: with strong consistency the querynode first has to see every write up to the call. Choose bounded or eventual consistency where a second of staleness serves.",
            Part.TimeTick =>
                $"{percent} is waiting for the time tick at consistency level {level}: the querynode is further behind than that level allows. Look whether writes outrun it, or choose a weaker level.",
            Part.BetweenCalls when calls.Any(call => call.ClientCalls > 2) =>
                $"{percent} passes between the client's {calls.Max(call => call.ClientCalls)} calls: it asks again and again whether Milvus is done, as load_collection does until the collection is loaded. Load at the application's start, not in a request.",
            Part.ClientAndNetwork =>
                $"{percent} passes outside Milvus, in the client and on the way. Run the client near its Milvus, and keep one client, whose connection stays open, for all calls.",
            Part.Segcore =>
                $"{percent} is the search in segcore itself: see that the segments are indexed, since without an index it is brute force, and choose index type and its search parameters (nprobe, ef) by the recall that is needed.",
            Part.Coordinators when coordinatorCalls.Count > 0 =>
                $"{percent} is the coordinators', which are called {calls.Sum(call => call.CoordinatorCalls.Count) / (double)calls.Count:0.#} times a call ({Format.Names(coordinatorCalls)}). Keep what changes collections, indexes and loads out of requests.",
            Part.MessageQueue =>
                $"{percent} is writing to the message queue: write more rows in one call.",
            _ => null,
        };
        if (advice is not null)
        {
            yield return advice;
        }
    }
}
