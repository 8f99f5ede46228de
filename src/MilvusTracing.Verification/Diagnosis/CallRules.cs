namespace MilvusTracing.Verification;

/// <summary>Explains client calls without a server span of Milvus, and traces without client calls.</summary>
internal static class CallRules
{
    private const string PropagatorFix =
        "Let the caller send traceparent: add gRPC client instrumentation, and include tracecontext in OTEL_PROPAGATORS or in the propagator set in code. "
        + "client_request_id does not replace it: newer Milvus versions never sample such a call (milvus-io/milvus#51963).";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var unjoined = evidence.Graph.Nodes.Where(node => SpanClassifier.IsClientCall(node) && !SpanClassifier.IsJoined(node)).ToList();
        var joinedThroughHttp = unjoined.Count(call => call.Children.Any(SpanClassifier.IsJoined));
        var orphans = evidence.Graph.Orphans.Where(node => SpanClassifier.IsPublicServerSpan(node.Span)).ToList();
        return evidence.Snapshot.Verdict!.ClientCalls == 0 ? [NoCalls(evidence, orphans.Count)]
            : joinedThroughHttp > 0 ? [new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"Another span, usually of HttpClient, lies between {Format.Count(joinedThroughHttp, "client call")} and Milvus's server span.",
                evidence.Caller.SuppressFix)]
            : unjoined.Count == 0 ? []
            : Unjoined(evidence, unjoined, orphans);
    }

    private static Finding NoCalls(Evidence evidence, int orphans) =>
        orphans > 0 ? UnexportedParent(evidence, orphans, hasGrpcSpans: false)
        : evidence.Caller.Language == "java" ? new Finding(
            0.9,
            CauseCodes.GrpcHidden,
            $"{evidence.Caller.Service} is a Java program, and none of its spans is a gRPC client span: milvus-sdk-java from 2.6.18 on contains "
                + "gRPC as io.milvus.shaded.io.grpc, which no agent instruments.",
            "Add MilvusTracing.java to the caller and call MilvusTracing.install() before the first client is created. With an older "
                + "milvus-sdk-java, start the caller with the OpenTelemetry Java agent.")
        : evidence.Graph.Nodes.Any(node => SpanClassifier.IsHeartbeat(node.Span)) ? new Finding(
            0.9,
            CauseCodes.NoClientCalls,
            "The trace has a heartbeat of Milvus's SDK and no call of Milvus.",
            "Name the trace of a call, or no trace: then the latest one with a call is verified.")
        : evidence.OtherMilvusRoots.Count > 0 ? NoTraceparent(evidence.OtherMilvusRoots.Count, evidence.Caller.InstrumentationFix)
        : new Finding(
            0.8,
            CauseCodes.NoClientCalls,
            "The trace has no gRPC client span, so no span leads from the caller to Milvus.",
            evidence.Caller.InstrumentationFix);

    private static IEnumerable<Finding> Unjoined(Evidence evidence, List<SpanNode> unjoined, List<SpanNode> orphans)
    {
        var hasGrpcSpans = unjoined.Any(SpanClassifier.IsRemoteCall);
        var operations = unjoined.Select(SpanClassifier.Operation).ToHashSet();
        var adopted = orphans.Count(orphan => operations.Contains(SpanClassifier.Operation(orphan)));
        var otherRoots = evidence.OtherMilvusRoots.Count(root => operations.Contains(SpanClassifier.Operation(root)));
        var failed = unjoined.Where(call => call.Span.IsError).ToList();
        var succeeded = unjoined.Count - failed.Count;
        var hasMilvus = evidence.Graph.Nodes.Any(node => SpanClassifier.IsServerSpan(node.Span) || SpanClassifier.IsRestServerSpan(node.Span));
        var areFlagsDropped = succeeded > 0 && hasGrpcSpans && !hasMilvus
            && !evidence.CallerJoinsElsewhere && evidence.Caller.RandomFlagEvidence is not null;
        if (areFlagsDropped)
        {
            yield return new Finding(
                0.97,
                CauseCodes.TraceFlagsDropped,
                $"Milvus drops the traceparent of {evidence.Caller.Service}, because it accepts trace flags up to 02 only: "
                    + $"{evidence.Caller.RandomFlagEvidence}, "
                    + $"and no span of Milvus is below its {Format.Count(succeeded, "call")}.",
                evidence.Caller.RandomFlagFix);
        }

        if (adopted > 0)
        {
            yield return UnexportedParent(evidence, adopted, hasGrpcSpans);
        }
        else if (otherRoots > 0 && !areFlagsDropped)
        {
            yield return NoTraceparent(otherRoots, hasGrpcSpans ? PropagatorFix : evidence.Caller.InstrumentationFix);
        }

        if (failed.Count > 0)
        {
            yield return new Finding(
                succeeded == 0 ? 0.92 : 0.5,
                CauseCodes.CallFailed,
                $"{Format.Count(failed.Count, "client call")} without a span of Milvus failed, first {failed[0].Span.Name}, and "
                    + "may not have reached Milvus.",
                "Look for the error in the caller's log, and check the address and credentials with which it connects to Milvus.");
        }

        if (evidence.IsRecent)
        {
            yield return new Finding(
                0.85,
                CauseCodes.BatchPending,
                $"The trace ended less than {evidence.Request.ExportDelay.TotalSeconds:0.#} s before the last read, and Milvus exports its spans "
                    + "in batches up to 5 s apart.",
                "Verify again with a longer wait, or set OTEL_BSP_SCHEDULE_DELAY=200 on Milvus.");
        }

        // If every call failed, that is the cause. If a call succeeded, Milvus has handled it, and its spans are elsewhere.
        if (succeeded == 0 || adopted > 0 || otherRoots > 0 || RoleRules.IsProxySilent(evidence.Graph))
        {
            yield break;
        }

        if (hasMilvus)
        {
            yield return new Finding(
                0.55,
                CauseCodes.SpansLost,
                $"Milvus's spans of {Format.Count(succeeded, "call")} are missing, first of "
                    + $"{unjoined.First(call => !call.Span.IsError).Span.Name}, although others of this trace arrived.",
                "Look for export errors in Milvus's log. A full queue drops spans (OTEL_BSP_MAX_QUEUE_SIZE).");
            yield break;
        }

        if (unjoined.All(SpanClassifier.IsRestCall))
        {
            yield return new Finding(
                0.83,
                CauseCodes.RestNotTraced,
                $"The {Format.Count(succeeded, "call")} without a span of Milvus use its REST API, which Milvus traces from 2.6.22 on.",
                "Update Milvus to 2.6.22 or later, or call it with a gRPC client.");
        }

        foreach (var finding in NotExporting(evidence, unjoined, areFlagsDropped))
        {
            yield return finding;
        }
    }

    private static IEnumerable<Finding> NotExporting(Evidence evidence, List<SpanNode> unjoined, bool areFlagsDropped)
    {
        if (evidence.Graph.Nodes.Any(node => SpanClassifier.IsOfSegcore(node.Span)))
        {
            yield return new Finding(
                0.93,
                CauseCodes.MilvusNotExporting,
                "Milvus's C++ core (segcore) exports to this backend and its Go part does not. The C++ exporter accepts an endpoint with a "
                    + "scheme and ignores secure on a port without TLS; the Go exporter does neither.",
                "Set trace.otlp.endpoint of Milvus to host:port without a scheme, and trace.otlp.secure=false if the port has no TLS.");
            yield break;
        }

        var known = SpanClassifier.Roles.Except(unjoined.Select(call => call.Span.Service)).Where(evidence.IsKnown).ToList();
        yield return new Finding(
            known.Count == 0 ? 0.8 : 0.6,
            CauseCodes.MilvusNotExporting,
            known.Count == 0
                ? "The trace has only client spans, and "
                    + (evidence.IsFile ? "the file has no span of Milvus." : "the backend has no span of Milvus at all: Milvus does not export to it.")
                : $"The trace has only client spans, although the backend has other spans of {string.Join(" and ", known)}: "
                    + $"{(known.Contains("standalone") ? "the Milvus that was called" : "at least the proxy that was called")} does not export to it now.",
            RoleRules.SettingsFix("Milvus"));
        if (known.Count > 0 && !areFlagsDropped)
        {
            yield return new Finding(
                0.55,
                CauseCodes.NoTraceparent,
                "The calls may carry no traceparent: Milvus then records nothing if its trace.sampleFraction is 0.",
                PropagatorFix);
        }
    }

    private static Finding UnexportedParent(Evidence evidence, int count, bool hasGrpcSpans) => new(
        0.95,
        CauseCodes.HttpClientParent,
        $"The parents of {Format.Count(count, "server span")} of Milvus were not exported, "
            + (hasGrpcSpans
                ? "but gRPC client spans were: the caller sends the id of HttpClient's own activity as the parent."
                : "and there are no gRPC client spans: the caller sends the id of an activity of HttpClient or of the gRPC client as the parent."),
        hasGrpcSpans ? evidence.Caller.SuppressFix : evidence.Caller.InstrumentationFix);

    private static Finding NoTraceparent(int count, string fix) => new(
        0.9,
        CauseCodes.NoTraceparent,
        $"Milvus created {Format.Count(count, "server span")} at the same time in other traces: the calls carry no traceparent.",
        fix);
}
