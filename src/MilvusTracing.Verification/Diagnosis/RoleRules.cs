namespace MilvusTracing.Verification;

/// <summary>Which role of Milvus does not export: another one calls it, and its spans never come, or those below it have lost their parents.</summary>
internal static class RoleRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Graph;
        var spans = graph.Spans;
        var calls = Enumerable.Range(0, spans.Length).Where(i => Verdict.IsUnanswered(graph, i)).Select(i => spans[i]);
        if (IsProxySilent(graph))
        {
            calls = calls.Concat(Enumerable.Range(0, spans.Length).Where(i => SpanClassifier.IsClientCall(graph, i) && !Verdict.IsJoined(graph, i)).Select(i => spans[i]));
        }

        var unanswered = calls.ToList();
        if (unanswered.Count == 0)
        {
            yield break;
        }

        if (evidence.IsYoung)
        {
            yield return new Finding(
                0.94,
                CauseCodes.BatchPending,
                $"{Format.Count(unanswered.Count, "call")} inside Milvus, the first one {SpanClassifier.ShortName(unanswered[0].Name)}, may be answered by spans that have not been sent yet.",
                $"Wait longer ({evidence.LongerWait}).");
        }

        // A standalone Milvus is one process: what exports for one of its parts exports for all.
        var answering = spans.Where(SpanClassifier.IsServerSpan).Select(SpanClassifier.Role).ToHashSet();
        var isOneProcess = spans.Any(span => span.Service == "standalone");
        var byRole = unanswered.ToLookup(call => isOneProcess || answering.Contains(Called(call)));
        if (byRole[false].ToList() is { Count: > 0 } silent)
        {
            var roles = string.Join(" and ", silent.Select(Called).Distinct());
            var orphans = graph.Orphans.Count(i => SpanClassifier.IsServerSpan(spans[i]));
            yield return new Finding(
                0.93,
                CauseCodes.RoleNotExporting,
                $"{string.Join(" and ", silent.Select(call => call.Service).Distinct())} called {roles} {Times(silent.Count)}, and no span of {roles} ever came{(orphans > 0 ? $"; {Format.Count(orphans, "span")} below have lost their parents" : "")}.",
                SettingsFix(roles));
        }

        foreach (var role in byRole[true].GroupBy(Called))
        {
            var failed = role.Count(call => call.IsError);
            yield return new Finding(
                0.92,
                CauseCodes.SpansLost,
                $"{Format.Count(role.Count(), "call")} of {role.Key} left no span of it, the first one {SpanClassifier.ShortName(role.First().Name)}, though it answered others in this trace{(failed > 0 ? $"; {failed} of them failed" : "")}.",
                $"Look whether {role.Key} was stopped meanwhile, since of a process that was killed the last batch is lost, and for export errors in its log.");
        }
    }

    /// <summary>What lets a role, or all of Milvus, export.</summary>
    public static string SettingsFix(string who) =>
        $"Check the settings of {who}: trace.exporter=otlp, trace.otlp.endpoint=host:port of an OTLP/gRPC receiver such as Jaeger's, without a scheme, trace.otlp.secure=false on a port without TLS.";

    /// <summary>Whether what the proxy called for came, and nothing of the proxy: its parents are the proxy's spans then, and no client's.</summary>
    public static bool IsProxySilent(TraceGraph graph) =>
        graph.Orphans.Any(i => SpanClassifier.IsServerSpan(graph.Spans[i]))
        && !graph.Spans.Any(SpanClassifier.IsAnswerToClient)
        && graph.Spans.Any(SpanClassifier.IsGrpcCall);

    private static string Called(Span call) => SpanClassifier.IsInternalCall(call) ? SpanClassifier.Role(call) : "proxy";

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";
}
