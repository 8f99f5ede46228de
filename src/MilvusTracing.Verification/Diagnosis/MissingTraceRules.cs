namespace MilvusTracing.Verification;

/// <summary>Explains why no backend has a span of the trace.</summary>
internal static class MissingTraceRules
{
    private const string SampleFix =
        "Let the caller sample the trace: leave OTEL_TRACES_SAMPLER unset or set it to parentbased_always_on. If the caller is itself called, "
            + "check its caller's sampler.";

    private const string FileFix = "Read another file: download or export the trace again once the call has ended.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var service = Printable.Of(evidence.Request.Service);
        var isKnown = evidence.IsKnown(evidence.Request.Service);
        if (evidence.Request.Trace is { Sampled: false })
        {
            return [new Finding(1, CauseCodes.Unsampled, "The flags of the traceparent are 00: the caller did not sample this trace, "
                + "so no service recorded it.", SampleFix)];
        }

        return
        [
            .. evidence.IsFile ? [] : new[] { Unsampled(evidence, service, isKnown) },
            .. isKnown ? [] : evidence.Known.Select(known => ServiceUnknown(known.Backend, known.Services, service)),
            .. evidence.Request.Trace is { } trace ? [TraceUnknown(evidence, trace, isKnown)] : isKnown ? [NoTraces(evidence, service)] : Array.Empty<Finding>(),
        ];
    }

    /// <summary>Only other signals can prove that a service runs and does not sample.</summary>
    private static Finding Unsampled(Evidence evidence, string service, bool isKnown)
    {
        var (likelihood, message) =
            evidence.IsKnownWithoutTraces(evidence.Request.Service) ? (0.95, $"{service} sends logs or metrics but no span: it "
                + "does not sample its traces.")
            : !isKnown ? (0.5, $"{service} may run without sampling its traces. This cannot be distinguished from a service that does not export.")
            : evidence.Request.Trace is null ? (0.4, $"{service} may have stopped sampling its traces.")
            : (0.7, $"Other traces of {service} have arrived, so its exporter works. This trace may not have been sampled (traceparent flags 00).");
        return new Finding(likelihood, CauseCodes.Unsampled, message, SampleFix);
    }

    private static Finding ServiceUnknown(ITraceBackend backend, IReadOnlyList<ServiceInfo> services, string service)
    {
        var others = services.Where(info => info.HasTraces).Select(info => Printable.Of(info.Name)).Order().ToList();
        return new Finding(
            0.9,
            CauseCodes.ServiceUnknown,
            $"{BackendKind.TitleOf(backend)} has no spans of the service {service}; it has those of "
                + $"{(others.Count == 0 ? "no service" : Format.Names(others))}.",
            backend is TraceFileBackend ? FileFix : BackendRules.ExportFix(backend.Name, service));
    }

    private static Finding TraceUnknown(Evidence evidence, TraceReference trace, bool isKnown) => new(
        isKnown ? 0.6 : 0.3,
        CauseCodes.TraceUnknown,
        $"No span of trace {trace.TraceId} was found.",
        evidence.IsFile ? FileFix : "Compare the id with the caller's log. Jaeger's memory storage drops its oldest traces, and a trace that still runs has not been exported yet.");

    private static Finding NoTraces(Evidence evidence, string service) => new(
        0.8,
        CauseCodes.NoTraces,
        $"No trace was found in which the service {service} calls Milvus.",
        evidence.IsFile ? FileFix : "Let the service call Milvus. Jaeger's memory storage drops its oldest traces.");
}
