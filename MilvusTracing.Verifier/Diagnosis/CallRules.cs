using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Rendering;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Why client calls have no server span of Milvus as child, or why there are no client calls.</summary>
internal static class CallRules
{
    private const string InstrumentationMend =
        "Add gRPC client instrumentation to the caller's tracing: AddGrpcClientInstrumentation(options => options.SuppressDownstreamInstrumentation = true), as AddServiceDefaults does.";

    private const string PropagatorMend =
        "Let the caller send traceparent: gRPC instrumentation on, and OTEL_PROPAGATORS or the propagator set in code with tracecontext among them.";

    private const string SuppressMend =
        "Set SuppressDownstreamInstrumentation = true in AddGrpcClientInstrumentation, as AddServiceDefaults does.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var graph = evidence.Snapshot.Graph!;
        var milvus = MilvusSpans.ServicesIn(graph.Spans);
        var unjoined = Enumerable.Range(0, graph.Spans.Length)
            .Where(i => MilvusSpans.IsClientCall(graph.Spans[i], milvus) && !Verdict.IsJoined(graph, i, milvus))
            .ToList();
        var reachedThroughHttp = unjoined.Count(call => graph.Children(call).Any(child => Verdict.IsJoined(graph, child, milvus)));
        var orphans = graph.Orphans.Select(i => graph.Spans[i]).Where(MilvusSpans.IsServerSpan).ToList();
        if (evidence.Snapshot.Verdict!.ClientCalls == 0)
        {
            return [WithoutCalls(evidence, orphans)];
        }

        if (reachedThroughHttp > 0)
        {
            return [new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"Another span, HttpClient's as a rule, stands between {VerdictLine.Count(reachedThroughHttp, "client call")} and Milvus's server span.",
                SuppressMend)];
        }

        return unjoined.Count == 0
            ? []
            : Unjoined(evidence, [.. unjoined.Select(i => graph.Spans[i])], orphans, graph.Spans.Any(span => milvus.Contains(span.Service)));
    }

    private static Finding WithoutCalls(Evidence evidence, List<Span> orphans)
    {
        if (orphans.Count > 0)
        {
            return new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"The parents of {VerdictLine.Count(orphans.Count, "server span")} of Milvus were never exported, and there are no gRPC client spans: an activity of the gRPC client or of HttpClient travels as parent that nobody exports.",
                InstrumentationMend);
        }

        return evidence.MilvusRootsBeside.Count > 0
            ? NoTraceparent(evidence.MilvusRootsBeside.Count, InstrumentationMend)
            : new Finding(0.8, CauseCodes.NoClientCalls, "The trace has no gRPC client span, so nothing leads from the caller to Milvus.", InstrumentationMend);
    }

    private static IEnumerable<Finding> Unjoined(Evidence evidence, List<Span> unjoined, List<Span> orphans, bool milvusIsThere)
    {
        var methods = unjoined.Select(Method).ToHashSet();
        var adopted = orphans.Count(orphan => methods.Contains(Method(orphan)));
        if (adopted > 0)
        {
            yield return new Finding(
                0.95,
                CauseCodes.HttpClientParent,
                $"The parents of {VerdictLine.Count(adopted, "server span")} of Milvus were never exported, though the gRPC client spans were: HttpClient's own activity travels as parent in their place.",
                SuppressMend);
        }

        var beside = evidence.MilvusRootsBeside.Count(root => methods.Contains(Method(root)));
        if (beside > 0 && adopted == 0)
        {
            yield return NoTraceparent(beside, PropagatorMend);
        }

        var failed = unjoined.Where(call => call.IsError).ToList();
        if (failed.Count > 0)
        {
            yield return new Finding(
                failed.Count == unjoined.Count ? 0.92 : 0.5,
                CauseCodes.CallFailed,
                $"{VerdictLine.Count(failed.Count, "client call")} without a span of Milvus failed, the first one {failed[0].Name}: it may never have reached Milvus.",
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
        if (answered == 0 || adopted > 0 || beside > 0)
        {
            yield break;
        }

        if (milvusIsThere)
        {
            yield return new Finding(
                0.55,
                CauseCodes.SpansLost,
                $"Milvus's spans of {VerdictLine.Count(answered, "call")} are missing while others of this trace came, the first missing one that of {unjoined.First(call => !call.IsError).Name}.",
                "Look for export errors in Milvus's log; a full queue drops spans (OTEL_BSP_MAX_QUEUE_SIZE).");
            yield break;
        }

        var known = MilvusSpans.DefaultServices.Where(evidence.IsServiceKnown).ToList();
        yield return new Finding(
            known.Count == 0 ? 0.8 : 0.6,
            CauseCodes.MilvusNotExporting,
            known.Count == 0
                ? "There are client spans only, and no span of Milvus has ever come: it does not export to here."
                : $"There are client spans only, though spans of {string.Join(" and ", known)} came at other times: the Milvus that was called does not export to here now.",
            "Check Milvus's settings: trace.exporter=otlp, trace.otlp.endpoint=host:port of Jaeger's OTLP/gRPC receiver without a scheme, trace.otlp.secure=false on a port without TLS.");
        if (known.Count > 0)
        {
            yield return new Finding(
                0.55,
                CauseCodes.NoTraceparent,
                "The calls may carry no traceparent: a Milvus whose trace.sampleFraction is 0 then records nothing of them.",
                PropagatorMend);
        }
    }

    private static Finding NoTraceparent(int count, string mend) => new(
        0.9,
        CauseCodes.NoTraceparent,
        $"Milvus made {VerdictLine.Count(count, "server span")} in the same seconds outside this trace: the calls carry no traceparent.",
        mend);

    /// <summary>The method alone: how the service before it is written differs between instrumentations.</summary>
    private static string Method(Span span) => span.Name[(span.Name.LastIndexOf('/') + 1)..];
}
