using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Rendering;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Why one backend lacks spans that another one holds.</summary>
internal static class BackendRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var spans = evidence.Snapshot.Trace!.Spans.ToDictionary(span => span.Id);
        var milvus = MilvusSpans.ServicesIn(spans.Values);
        foreach (var backend in evidence.Snapshot.Backends.Where(backend => backend.Missing.Count > 0))
        {
            var services = backend.Missing.CountBy(id => spans[id].Service).ToList();
            var mends = services.Select(service => milvus.Contains(service.Key) ? MilvusMend(backend.Name) : ExportMend(backend.Name, service.Key)).Distinct();
            yield return new Finding(
                0.88,
                CauseCodes.BackendIncomplete,
                $"{BackendKind.TitleOf(backend.Name)} lacks {VerdictLine.Count(backend.Missing.Count, "span")} that another backend holds ({string.Join(", ", services.Select(service => $"{service.Key} {service.Value}"))}).",
                string.Join(" ", mends));
        }
    }

    /// <summary>How a client's spans get to a backend.</summary>
    public static string ExportMend(string backend, string service) =>
        backend == BackendKind.Jaeger.Name
            ? $"Set ConnectionStrings:jaeger of {service} to Jaeger's OTLP/gRPC address, such as http://localhost:4317, and see that {service} runs."
        : backend == BackendKind.Dashboard.Name
            ? $"Set OTEL_EXPORTER_OTLP_ENDPOINT of {service} to the dashboard's OTLP address, with its key in OTEL_EXPORTER_OTLP_HEADERS, and see that {service} runs."
        : $"See that {service} runs and exports to the {backend}.";

    private static string MilvusMend(string backend) =>
        backend == BackendKind.Dashboard.Name
            ? "See that Jaeger relays Milvus's spans to the dashboard: its second pipeline needs the dashboard's OTLP address and API key, and its log names refusals."
            : "Set trace.otlp.endpoint of Milvus to Jaeger's OTLP/gRPC receiver, as host:port.";
}
