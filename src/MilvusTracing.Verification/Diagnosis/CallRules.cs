namespace MilvusTracing.Verification;

/// <summary>Why client calls have no server span of Milvus as child, or why there are no client calls.</summary>
internal static class CallRules
{
    private const string InstrumentationFix =
        "Add gRPC client instrumentation to the caller's tracing: AddGrpcClientInstrumentation(options => options.SuppressDownstreamInstrumentation = true), as AddServiceDefaults does.";

    private const string PropagatorFix =
        "Let the caller send traceparent: gRPC instrumentation on, and OTEL_PROPAGATORS or the propagator set in code with tracecontext among them. "
        + "A client_request_id in its place does not do: newer Milvus never samples such a call (milvus-io/milvus#51963).";

    private const string SuppressFix =
        "Set SuppressDownstreamInstrumentation = true in AddGrpcClientInstrumentation, as AddServiceDefaults does.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Graph;
        var unjoined = Enumerable.Range(0, graph.Spans.Length).Where(i => SpanClassifier.IsClientCall(graph, i) && !Verdict.IsJoined(graph, i)).ToList();
        var reachedThroughHttp = unjoined.Count(call => graph.Children(call).Any(child => Verdict.IsJoined(graph, child)));
        var orphans = graph.Orphans.Select(i => graph.Spans[i]).Where(SpanClassifier.IsAnswerToClient).ToList();
        if (evidence.Snapshot.Verdict!.ClientCalls == 0)
        {
            return [WithoutCalls(evidence, orphans)];
        }

        if (reachedThroughHttp > 0)
        {
            return [new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"Another span, HttpClient's as a rule, stands between {Format.Count(reachedThroughHttp, "client call")} and Milvus's server span.",
                SuppressFix)];
        }

        return unjoined.Count == 0 ? [] : Unjoined(evidence, [.. unjoined.Select(i => graph.Spans[i])], orphans);
    }

    private static Finding WithoutCalls(Evidence evidence, List<Span> orphans) =>
        orphans.Count > 0 ? UnexportedParent(orphans.Count, "there are no gRPC client spans: an activity of the gRPC client or of HttpClient travels as parent that nobody exports", InstrumentationFix)
        : evidence.MilvusRootsBeside.Count > 0 ? NoTraceparent(evidence.MilvusRootsBeside.Count, InstrumentationFix)
        : new Finding(0.8, CauseCodes.NoClientCalls, "The trace has no gRPC client span, so nothing leads from the caller to Milvus.", InstrumentationFix);

    private static IEnumerable<Finding> Unjoined(Evidence evidence, List<Span> unjoined, List<Span> orphans)
    {
        var hasGrpc = unjoined.Any(SpanClassifier.IsGrpcCall);
        var operations = unjoined.Select(SpanClassifier.Operation).ToHashSet();
        var adopted = orphans.Count(orphan => operations.Contains(SpanClassifier.Operation(orphan)));
        if (adopted > 0)
        {
            yield return hasGrpc
                ? UnexportedParent(adopted, "the gRPC client spans were: HttpClient's own activity travels as parent in their place", SuppressFix)
                : UnexportedParent(adopted, "there are no gRPC client spans: an activity of the gRPC client or of HttpClient travels as parent that nobody exports", InstrumentationFix);
        }

        var beside = evidence.MilvusRootsBeside.Count(root => operations.Contains(SpanClassifier.Operation(root)));
        if (beside > 0 && adopted == 0)
        {
            yield return NoTraceparent(beside, hasGrpc ? PropagatorFix : InstrumentationFix);
        }

        var failed = unjoined.Where(call => call.IsError).ToList();
        if (failed.Count > 0)
        {
            yield return new Finding(
                failed.Count == unjoined.Count ? 0.92 : 0.5,
                CauseCodes.CallFailed,
                $"{Format.Count(failed.Count, "client call")} without a span of Milvus failed, the first one {failed[0].Name}: it may never have reached Milvus.",
                "Look at the worker's log for the reason, and check the address and key in ConnectionStrings:milvus.");
        }

        if (evidence.IsYoung)
        {
            yield return new Finding(
                0.85,
                CauseCodes.BatchPending,
                $"The trace ended less than {evidence.Request.ExportDelay.TotalSeconds:0.#} s before the last look, and Milvus sends its spans in batches up to 5 s apart.",
                $"Wait longer ({evidence.LongerWait}), or set OTEL_BSP_SCHEDULE_DELAY=200 on Milvus.");
        }

        // Where every one failed, that they failed says enough; where Milvus answered, its spans have to be somewhere.
        var answered = unjoined.Count - failed.Count;
        if (answered == 0 || adopted > 0 || beside > 0 || RoleRules.IsProxySilent(evidence.Graph))
        {
            yield break;
        }

        if (evidence.Graph.Spans.Any(SpanClassifier.IsServerSpan))
        {
            yield return new Finding(
                0.55,
                CauseCodes.SpansLost,
                $"Milvus's spans of {Format.Count(answered, "call")} are missing while others of this trace came, the first missing one that of {unjoined.First(call => !call.IsError).Name}.",
                "Look for export errors in Milvus's log; a full queue drops spans (OTEL_BSP_MAX_QUEUE_SIZE).");
            yield break;
        }

        var known = SpanClassifier.Roles.Except(unjoined.Select(call => call.Service)).Where(evidence.IsKnown).ToList();
        yield return new Finding(
            known.Count == 0 ? 0.8 : 0.6,
            CauseCodes.MilvusNotExporting,
            known.Count == 0
                ? "There are client spans only, and no span of Milvus has ever come: it does not export to here."
                : $"There are client spans only, though spans of {string.Join(" and ", known)} came at other times: the Milvus that was called{(known.Contains("standalone") ? "" : ", its proxy at least,")} does not export to here now.",
            RoleRules.SettingsFix("Milvus"));
        if (known.Count > 0)
        {
            yield return new Finding(
                0.55,
                CauseCodes.NoTraceparent,
                "The calls may carry no traceparent: a Milvus whose trace.sampleFraction is 0 then records nothing of them.",
                PropagatorFix);
        }
    }

    private static Finding UnexportedParent(int count, string though, string fix) => new(
        0.95, CauseCodes.HttpClientParent, $"The parents of {Format.Count(count, "server span")} of Milvus were never exported, and {though}.", fix);

    private static Finding NoTraceparent(int count, string fix) => new(
        0.9,
        CauseCodes.NoTraceparent,
        $"Milvus made {Format.Count(count, "server span")} in the same seconds outside this trace: the calls carry no traceparent.",
        fix);
}
