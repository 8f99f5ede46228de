namespace MilvusTracing.Verification;

/// <summary>Explains orphans, additional roots and cycles.</summary>
internal static class ParentRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Graph;
        var verdict = evidence.Snapshot.Verdict!;

        // The rules for calls and roles explain orphaned server spans and consumers of Milvus if calls are not joined.
        var isExplained = verdict.JoinedCalls < verdict.ClientCalls || verdict.ClientCalls == 0 || verdict.UnansweredInternalCalls > 0;
        var byService = Verdict.Orphaned(graph)
            .Where(span => !isExplained || !(SpanClassifier.IsServerSpan(span) || SpanClassifier.IsConsumer(span)))
            .GroupBy(span => span.Service)
            .ToList();
        foreach (var orphans in byService)
        {
            var first = orphans.First();
            yield return new Finding(
                evidence.IsRecent ? 0.45 : 0.7,
                CauseCodes.SpansLost,
                $"The parents of {Format.Count(orphans.Count(), "span")} of {orphans.Key} are missing, first the parent {first.ParentId} of {first.Name}.",
                $"Find the service that created span {first.ParentId} and let it export to the same backend. A process that was killed "
                    + "loses its last batch of spans.");
        }

        if (evidence.IsRecent && byService.Count > 0)
        {
            yield return new Finding(
                0.75,
                CauseCodes.BatchPending,
                $"The trace may still be running, or the batch with the parent of {byService[0].First().Name} has not been exported yet.",
                "Verify again with a longer wait.");
        }

        if (verdict.Roots > 1)
        {
            yield return new Finding(
                0.6,
                CauseCodes.SeveralRoots,
                $"The trace has {graph.Roots.Count} roots: {string.Join(", ", graph.Roots.Take(3).Select(Describe))}{(graph.Roots.Count > 3 ? ", …" : "")}.",
                "Start the operations below one root span, and check that no code reuses the trace id without the parent span id.");
        }

        if (graph.CycleEntries.Count > 0)
        {
            yield return new Finding(
                0.65,
                CauseCodes.ParentCycle,
                $"Parent ids form a cycle that includes {Describe(graph.CycleEntries[0])}.",
                "Correct the instrumentation that creates these spans: a span must not be its own ancestor.");
        }
    }

    private static string Describe(SpanNode node) => $"{node.Span.Name} of {node.Span.Service}";
}
