namespace MilvusTracing.Verification;

/// <summary>Finds the role of a distributed Milvus that does not export: others call it, and its spans are missing.</summary>
internal static class RoleRules
{
    private static readonly string[] SeparateCoordinators = ["rootcoord", "datacoord", "querycoord", "indexcoord"];

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Graph;
        var isProxySilent = IsProxySilent(graph);
        var unanswered = graph.Nodes
            .Where(node => SpanClassifier.IsUnanswered(node) || (isProxySilent && SpanClassifier.IsClientCall(node) && !SpanClassifier.IsJoined(node)))
            .Select(node => node.Span)
            .ToList();
        if (unanswered.Count == 0)
        {
            yield break;
        }

        if (evidence.IsRecent)
        {
            yield return new Finding(
                0.94,
                CauseCodes.BatchPending,
                $"The spans of {Format.Count(unanswered.Count, "call")} inside Milvus, first of {SpanClassifier.ShortName(unanswered[0].Name)}, "
                    + "may not have been exported yet.",
                "Verify again with a longer wait.");
        }

        // A standalone Milvus is one process: if one of its roles exports, all do.
        var spans = graph.Nodes.Select(node => node.Span).ToList();
        var exporting = spans.Where(SpanClassifier.IsServerSpan).Select(span => (SpanClassifier.Role(span), SpanClassifier.IsWorkerCall(span))).ToHashSet();
        var isStandalone = spans.Any(span => span.Service == "standalone");
        var byExporting = unanswered.ToLookup(call => isStandalone || exporting.Contains((Called(call), SpanClassifier.IsWorkerCall(call))));
        if (byExporting[false].ToList() is { Count: > 0 } silent)
        {
            var roles = string.Join(" and ", silent.Select(call => Candidates(evidence, call)).Distinct());
            var orphans = graph.Orphans.Count(node => SpanClassifier.IsServerSpan(node.Span));
            yield return new Finding(
                0.93,
                CauseCodes.RoleNotExporting,
                $"No span arrived for {Format.Count(silent.Count, "call")} from "
                    + $"{string.Join(" and ", silent.Select(call => call.Service).Distinct())} to {roles}"
                    + $"{(orphans > 0 ? $"; the parents of {Format.Count(orphans, "span")} below are missing" : "")}.",
                SettingsFix(roles));
        }

        foreach (var calls in byExporting[true].GroupBy(Called))
        {
            var failed = calls.Count(call => call.IsError);
            yield return new Finding(
                0.92,
                CauseCodes.SpansLost,
                $"The {calls.Key} spans of {Format.Count(calls.Count(), "call")} are missing, first of {SpanClassifier.ShortName(calls.First().Name)}, "
                    + $"although others of it in this trace arrived{(failed > 0 ? $"; {Format.Count(failed, "call")} failed" : "")}.",
                $"Check whether {calls.Key} was stopped meanwhile, since a process that is killed loses its last batch of spans, and look for "
                    + "export errors in its log.");
        }
    }

    /// <summary>How to make a role, or all of Milvus, export.</summary>
    public static string SettingsFix(string who) =>
        $"Check the settings of {who}: trace.exporter=otlp, trace.otlp.endpoint=host:port of an OTLP/gRPC receiver such as Jaeger's, without a "
            + "scheme, and trace.otlp.secure=false if the port has no TLS.";

    /// <summary>Whether spans arrived of roles that the proxy calls, but none of the proxy.</summary>
    public static bool IsProxySilent(TraceGraph graph) =>
        graph.Orphans.Any(node => SpanClassifier.IsServerSpan(node.Span))
        && !graph.Nodes.Any(node => SpanClassifier.IsPublicServerSpan(node.Span))
        && graph.Nodes.Any(SpanClassifier.IsRemoteCall);

    private static string Called(Span call) => SpanClassifier.IsClientSideOfMilvus(call) ? SpanClassifier.Role(call) : "proxy";

    /// <summary>
    /// The processes that may implement the called role. The coordinators may be one process, mixcoord (from 2.6 on always) or mixture,
    /// and from 2.6 on a streamingnode has the shard delegator. Separate coordinators prove an older Milvus.
    /// </summary>
    private static string Candidates(Evidence evidence, Span call)
    {
        var role = Called(call);
        var areSeparate = SeparateCoordinators.Any(evidence.IsPresent);
        return role switch
        {
            "querynode" when !areSeparate && !SpanClassifier.IsWorkerCall(call) => "querynode, or from 2.6 on streamingnode",
            _ when areSeparate || !SeparateCoordinators.Contains(role) => role,
            _ => $"{role}, or {(evidence.IsPresent("mixture") ? "mixture" : "mixcoord")} where the coordinators are one",
        };
    }
}
