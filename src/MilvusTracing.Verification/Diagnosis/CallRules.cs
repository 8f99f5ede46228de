namespace MilvusTracing.Verification;

/// <summary>Explains client calls without a server span of Milvus, and traces without client calls.</summary>
internal static class CallRules
{
    private const string InstrumentationFix =
        "Add gRPC client instrumentation to the caller: AddGrpcClientInstrumentation(options => options.SuppressDownstreamInstrumentation = true).";

    private const string PropagatorFix =
        "Let the caller send traceparent: add gRPC client instrumentation, and include tracecontext in OTEL_PROPAGATORS or in the propagator set in code. "
        + "client_request_id does not replace it: newer Milvus versions never sample such a call (milvus-io/milvus#51963).";

    private const string SuppressFix = "Set SuppressDownstreamInstrumentation = true in AddGrpcClientInstrumentation.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var unjoined = evidence.Graph.Nodes.Where(node => SpanClassifier.IsClientCall(node) && !SpanClassifier.IsJoined(node)).ToList();
        var joinedThroughHttp = unjoined.Count(call => call.Children.Any(SpanClassifier.IsJoined));
        var orphans = evidence.Graph.Orphans.Select(node => node.Span).Where(SpanClassifier.IsPublicServerSpan).ToList();
        return evidence.Snapshot.Verdict!.ClientCalls == 0 ? [NoCalls(evidence, orphans)]
            : joinedThroughHttp > 0 ? [new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"Another span, usually of HttpClient, lies between {Format.Count(joinedThroughHttp, "client call")} and Milvus's server span.",
                SuppressFix)]
            : unjoined.Count == 0 ? []
            : Unjoined(evidence, [.. unjoined.Select(node => node.Span)], orphans);
    }

    private static Finding NoCalls(Evidence evidence, List<Span> orphans) =>
        orphans.Count > 0 ? UnexportedParent(orphans.Count, hasGrpcSpans: false)
        : evidence.OtherMilvusRoots.Count > 0 ? NoTraceparent(evidence.OtherMilvusRoots.Count, InstrumentationFix)
        : new Finding(0.8, CauseCodes.NoClientCalls, "The trace has no gRPC client span, so no span leads from the caller to Milvus.", InstrumentationFix);

    private static IEnumerable<Finding> Unjoined(Evidence evidence, List<Span> unjoined, List<Span> orphans)
    {
        var hasGrpcSpans = unjoined.Any(SpanClassifier.IsGrpcCall);
        var operations = unjoined.Select(SpanClassifier.Operation).ToHashSet();
        var adopted = orphans.Count(orphan => operations.Contains(SpanClassifier.Operation(orphan)));
        var otherRoots = evidence.OtherMilvusRoots.Count(root => operations.Contains(SpanClassifier.Operation(root)));
        if (adopted > 0)
        {
            yield return UnexportedParent(adopted, hasGrpcSpans);
        }
        else if (otherRoots > 0)
        {
            yield return NoTraceparent(otherRoots, hasGrpcSpans ? PropagatorFix : InstrumentationFix);
        }

        var failed = unjoined.Where(call => call.IsError).ToList();
        if (failed.Count > 0)
        {
            yield return new Finding(
                failed.Count == unjoined.Count ? 0.92 : 0.5,
                CauseCodes.CallFailed,
                $"{Format.Count(failed.Count, "client call")} without a span of Milvus failed, first {failed[0].Name}, and may not have reached Milvus.",
                "Look for the error in the caller's log, and check the address and credentials with which it connects to Milvus.");
        }

        if (evidence.IsRecent)
        {
            yield return new Finding(
                0.85,
                CauseCodes.BatchPending,
                $"The trace ended less than {evidence.Request.ExportDelay.TotalSeconds:0.#} s before the last read, and Milvus exports its spans in batches up to 5 s apart.",
                "Verify again with a longer wait, or set OTEL_BSP_SCHEDULE_DELAY=200 on Milvus.");
        }

        // If every call failed, that is the cause. If a call succeeded, Milvus has handled it, and its spans are elsewhere.
        var succeeded = unjoined.Count - failed.Count;
        if (succeeded == 0 || adopted > 0 || otherRoots > 0 || RoleRules.IsProxySilent(evidence.Graph))
        {
            yield break;
        }

        if (evidence.Graph.Nodes.Any(node => SpanClassifier.IsServerSpan(node.Span)))
        {
            yield return new Finding(
                0.55,
                CauseCodes.SpansLost,
                $"Milvus's spans of {Format.Count(succeeded, "call")} are missing, first of {unjoined.First(call => !call.IsError).Name}, although others of this trace arrived.",
                "Look for export errors in Milvus's log. A full queue drops spans (OTEL_BSP_MAX_QUEUE_SIZE).");
            yield break;
        }

        var known = SpanClassifier.Roles.Except(unjoined.Select(call => call.Service)).Where(evidence.IsKnown).ToList();
        yield return new Finding(
            known.Count == 0 ? 0.8 : 0.6,
            CauseCodes.MilvusNotExporting,
            known.Count == 0
                ? "The trace has only client spans, and the backend has no span of Milvus at all: Milvus does not export to it."
                : $"The trace has only client spans, although the backend has other spans of {string.Join(" and ", known)}: {(known.Contains("standalone") ? "the Milvus that was called" : "at least the proxy that was called")} does not export to it now.",
            RoleRules.SettingsFix("Milvus"));
        if (known.Count > 0)
        {
            yield return new Finding(
                0.55,
                CauseCodes.NoTraceparent,
                "The calls may carry no traceparent: Milvus then records nothing if its trace.sampleFraction is 0.",
                PropagatorFix);
        }
    }

    private static Finding UnexportedParent(int count, bool hasGrpcSpans) => new(
        0.95,
        CauseCodes.HttpClientParent,
        $"The parents of {Format.Count(count, "server span")} of Milvus were not exported, "
            + (hasGrpcSpans
                ? "but gRPC client spans were: the caller sends the id of HttpClient's own activity as the parent."
                : "and there are no gRPC client spans: the caller sends the id of an activity of HttpClient or of the gRPC client as the parent."),
        hasGrpcSpans ? SuppressFix : InstrumentationFix);

    private static Finding NoTraceparent(int count, string fix) => new(
        0.9,
        CauseCodes.NoTraceparent,
        $"Milvus created {Format.Count(count, "server span")} at the same time in other traces: the calls carry no traceparent.",
        fix);
}
