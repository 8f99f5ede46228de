using MilvusTracing.Verifier.Backends;

namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Why no backend holds a span of the trace.</summary>
internal static class MissingTraceRules
{
    private const int MostNames = 10;

    private const string SampleMend =
        "Let the caller sample it: leave OTEL_TRACES_SAMPLER unset or set it to parentbased_always_on, and look at the caller's own caller if it has one.";

    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var known = evidence.IsServiceKnown(evidence.Request.Service);
        if (evidence.Request.Trace is { } trace)
        {
            if (trace.Sampled == false)
            {
                yield return new Finding(
                    1, CauseCodes.Unsampled, "The traceparent's flag is 00: the caller decided not to sample this trace, so nobody recorded it.", SampleMend);
                yield break;
            }

            yield return new Finding(
                known ? 0.6 : 0.3,
                CauseCodes.TraceUnknown,
                $"No backend holds a span of trace {trace.TraceId}.",
                "Check the id against the worker's log; Jaeger's memory store forgets its oldest traces, and a trace that is still running has sent nothing yet.");
            if (known && trace.Sampled is null)
            {
                yield return new Finding(
                    0.7,
                    CauseCodes.Unsampled,
                    $"Other traces of {evidence.Request.Service} have arrived, so its exporter works: this trace may not have been sampled (traceparent flag 00).",
                    SampleMend);
            }
        }
        else if (known)
        {
            yield return new Finding(
                0.8,
                CauseCodes.NoTraces,
                $"The service {evidence.Request.Service} is known, but no trace of it is held any more.",
                "Run a pass of the worker; Jaeger's memory store forgets its oldest traces.");
        }

        if (!known)
        {
            foreach (var (backend, names) in evidence.Services)
            {
                var others = names.Count == 0 ? "none at all" : string.Join(", ", names.Order().Take(MostNames));
                var more = names.Count > MostNames ? $" and {names.Count - MostNames} more" : "";
                yield return new Finding(
                    0.9,
                    CauseCodes.ServiceUnknown,
                    $"{BackendKind.TitleOf(backend.Name)} knows no service {evidence.Request.Service}; it knows {others}{more}.",
                    BackendRules.ExportMend(backend.Name, evidence.Request.Service) + " If the caller goes by another name, give it by --service.");
            }

            if (evidence.Request.Trace is null)
            {
                yield return new Finding(
                    0.3, CauseCodes.Unsampled, $"The service {evidence.Request.Service} may run and sample none of its traces.", SampleMend);
            }
        }
    }
}
