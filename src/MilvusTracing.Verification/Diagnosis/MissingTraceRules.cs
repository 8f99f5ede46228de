namespace MilvusTracing.Verification;

/// <summary>Why no backend holds a span of the trace.</summary>
internal static class MissingTraceRules
{
    private const string SampleFix =
        "Let the caller sample it: leave OTEL_TRACES_SAMPLER unset or set it to parentbased_always_on, and look at the caller's own caller if it has one.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var service = Printable.Of(evidence.Request.Service);
        var isKnown = evidence.IsKnown(evidence.Request.Service);
        if (evidence.Request.Trace is { Sampled: false })
        {
            return [new Finding(1, CauseCodes.Unsampled, "The traceparent's flag is 00: the caller decided not to sample this trace, so nobody recorded it.", SampleFix)];
        }

        return
        [
            Unsampled(evidence, service, isKnown),
            .. isKnown ? [] : evidence.Known.Select(known => ServiceUnknown(known.Backend, known.Services, service)),
            .. evidence.Request.Trace is { } trace ? [TraceUnknown(trace, isKnown)] : isKnown ? [NoTraces(service)] : Array.Empty<Finding>(),
        ];
    }

    /// <summary>What is not sampled is nowhere: that it exists at all only other signals tell.</summary>
    private static Finding Unsampled(Evidence evidence, string service, bool isKnown) =>
        evidence.IsKnownWithoutTraces(evidence.Request.Service)
            ? new Finding(0.95, CauseCodes.Unsampled, $"{service} sends logs or metrics and not one span: it samples none of its traces.", SampleFix)
        : isKnown && evidence.Request.Trace is not null
            ? new Finding(0.7, CauseCodes.Unsampled, $"Other traces of {service} have arrived, so its exporter works: this trace may not have been sampled (traceparent flag 00).", SampleFix)
        : isKnown
            ? new Finding(0.4, CauseCodes.Unsampled, $"{service} may sample none of its traces now.", SampleFix)
        : new Finding(0.5, CauseCodes.Unsampled, $"{service} may run and sample none of its traces, which nothing here can tell from one that does not export.", SampleFix);

    private static Finding ServiceUnknown(ITraceBackend backend, IReadOnlyList<ServiceInfo> services, string service)
    {
        var others = services.Where(info => info.HasTraces).Select(info => Printable.Of(info.Name)).Order().ToList();
        return new Finding(
            0.9,
            CauseCodes.ServiceUnknown,
            $"{BackendKind.TitleOf(backend)} knows no service {service}; it knows {(others.Count == 0 ? "none at all" : Format.Names(others))}. It exports nothing to here, or samples nothing.",
            BackendRules.ExportFix(backend.Name, service) + " If the caller goes by another name, give it by --service.");
    }

    private static Finding TraceUnknown(TraceReference trace, bool isKnown) => new(
        isKnown ? 0.6 : 0.3,
        CauseCodes.TraceUnknown,
        $"No backend holds a span of trace {trace.TraceId}.",
        "Check the id against the worker's log; Jaeger's memory store forgets its oldest traces, and a trace that is still running has sent nothing yet.");

    private static Finding NoTraces(string service) => new(
        0.8,
        CauseCodes.NoTraces,
        $"The service {service} is known, but no trace of it is held any more.",
        "Run a pass of the worker; Jaeger's memory store forgets its oldest traces.");
}
