using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>Finds clocks that differ: a server span lies within its client span unless another clock measured it.</summary>
internal static class ClockRules
{
    public static IEnumerable<Finding> Apply(TraceGraph graph) =>
        from node in graph.Nodes
        where Offset(node) is not null
        group node by (Caller: node.Parent!.Span.Service, node.Span.Service) into calls
        let median = calls.OrderBy(Offset).ElementAt(calls.Count() / 2)
        let offset = Offset(median)!.Value
        where offset.Duration() > median.Parent!.Span.Duration
        select new Finding(
            0.4,
            CauseCodes.ClockSkew,
            $"The clock of {calls.Key.Service} is {Format.Duration(offset.Duration())} {(offset > TimeSpan.Zero ? "ahead of" : "behind")} "
                + $"that of {calls.Key.Caller}.",
            "Synchronize the clocks of both machines (NTP). Until then the waterfall shows these spans at the wrong time.");

    /// <summary>The time between the middle of a client span and that of its server span in another service; null for other spans.</summary>
    public static TimeSpan? Offset(SpanNode node) =>
        node.Span is { Kind: ActivityKind.Server } server && node.Parent?.Span is { Kind: ActivityKind.Client } client && client.Service != server.Service
            ? server.Start - client.Start + ((server.Duration - client.Duration) / 2)
            : null;
}
