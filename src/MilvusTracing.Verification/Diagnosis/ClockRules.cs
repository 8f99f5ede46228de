using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>Whose clock is off: a call is answered while it runs, so an answer that lies outside it was timed by another clock.</summary>
internal static class ClockRules
{
    public static IEnumerable<Finding> Apply(TraceGraph graph) =>
        from i in Enumerable.Range(0, graph.Spans.Length)
        where Difference(graph, i) is not null
        group i by (Caller: graph.Spans[graph.Parents[i]].Service, graph.Spans[i].Service) into answers
        let ordered = answers.OrderBy(i => Difference(graph, i)).ToList()
        let median = ordered[ordered.Count / 2]
        let difference = Difference(graph, median)!.Value
        where difference.Duration() > graph.Spans[graph.Parents[median]].Duration
        select new Finding(
            0.4,
            CauseCodes.ClockSkew,
            $"{answers.Key.Service}'s clock is {Format.Duration(difference.Duration())} {(difference > TimeSpan.Zero ? "ahead of" : "behind")} that of {answers.Key.Caller}.",
            "Synchronize the clocks of both machines (NTP); until then the waterfall shows those spans at the wrong time.");

    /// <summary>How far the middle of an answer is from that of its call; null for what is no answer of another service.</summary>
    public static TimeSpan? Difference(TraceGraph graph, int i)
    {
        if (graph.Parents[i] < 0 || graph.Spans[i] is not { Kind: ActivityKind.Server } answer)
        {
            return null;
        }

        var call = graph.Spans[graph.Parents[i]];
        return call.Kind == ActivityKind.Client && call.Service != answer.Service
            ? answer.Start - call.Start + ((answer.Duration - call.Duration) / 2)
            : null;
    }
}
