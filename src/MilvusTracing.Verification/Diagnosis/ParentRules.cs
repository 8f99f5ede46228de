namespace MilvusTracing.Verification;

/// <summary>Why parents are missing or doubled.</summary>
internal static class ParentRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Graph;

        // Milvus's spans among the orphans are told of by the calls, and the roles, that should be their parents.
        var isToldOf = evidence.Snapshot.Verdict is var verdict && (verdict!.JoinedCalls < verdict.ClientCalls || verdict.ClientCalls == 0 || verdict.UnansweredInternalCalls > 0);
        var orphansByService = Verdict.Orphaned(graph).Where(span => !isToldOf || !SpanClassifier.IsServerSpan(span)).GroupBy(span => span.Service).ToList();
        foreach (var orphans in orphansByService)
        {
            var first = orphans.First();
            yield return new Finding(
                evidence.IsYoung ? 0.45 : 0.7,
                CauseCodes.SpansLost,
                $"{Format.Count(orphans.Count(), "span")} of {orphans.Key} name a parent that is in no span, the first one {first.Name} the parent {first.ParentId}.",
                $"Find the service that has span {first.ParentId} and let it export to here; of a process that was killed the last batch is lost.");
        }

        if (evidence.IsYoung && orphansByService.Count > 0)
        {
            yield return new Finding(
                0.75,
                CauseCodes.BatchPending,
                $"The trace may still be running, or the batch with the parent of {orphansByService[0].First().Name} has not been sent yet.",
                $"Wait longer ({evidence.LongerWait}).");
        }

        if (graph.Roots.Length > 1)
        {
            yield return new Finding(
                0.6,
                CauseCodes.SeveralRoots,
                $"The trace has {graph.Roots.Length} roots: {string.Join(", ", graph.Roots.Take(3).Select(i => Describe(graph.Spans[i])))}{(graph.Roots.Length > 3 ? ", …" : "")}.",
                "Start what belongs together inside one root span, and see that nothing reuses the trace id without naming its parent span.");
        }

        if (graph.CycleEntries.Length > 0)
        {
            yield return new Finding(
                0.65,
                CauseCodes.ParentCycle,
                $"Parent ids run in a circle, one through {Describe(graph.Spans[graph.CycleEntries[0]])}.",
                "A span must not be its own ancestor: correct the instrumentation that makes these spans.");
        }
    }

    private static string Describe(Span span) => $"{span.Name} of {span.Service}";
}
