namespace MilvusTracing.Verification;

/// <summary>Why one backend lacks spans that another one holds.</summary>
internal static class BackendRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var spans = evidence.Snapshot.Trace!.Spans.ToDictionary(span => span.Id);
        var milvus = SpanClassifier.ServicesIn(spans.Values);
        for (var i = 0; i < evidence.Request.Backends.Count; i++)
        {
            var (backend, missing) = (evidence.Request.Backends[i], evidence.Snapshot.Backends[i].Missing);
            if (missing.Count == 0)
            {
                continue;
            }

            var services = missing.CountBy(id => spans[id].Service).ToList();
            var fixes = services.Select(service => milvus.Contains(service.Key) ? MilvusFix(backend.Name) : ExportFix(backend.Name, service.Key)).Distinct();
            yield return new Finding(
                0.88,
                CauseCodes.BackendIncomplete,
                $"{BackendKind.TitleOf(backend)} lacks {Format.Count(missing.Count, "span")} that another backend holds ({Format.Names([.. services.Select(service => $"{service.Key} {service.Value}")])}).",
                string.Join(" ", fixes.Take(3)));
        }
    }

    /// <summary>How a client's spans get to a backend.</summary>
    public static string ExportFix(string backend, string service) =>
        backend == BackendKind.Jaeger.Name
            ? $"Set ConnectionStrings:jaeger of {service} to Jaeger's OTLP/gRPC address, such as http://localhost:4317, and see that {service} runs."
        : backend == BackendKind.Dashboard.Name
            ? $"Set OTEL_EXPORTER_OTLP_ENDPOINT of {service} to the dashboard's OTLP address, with its key in OTEL_EXPORTER_OTLP_HEADERS, and see that {service} runs."
        : $"See that {service} runs and exports to the {backend}.";

    private static string MilvusFix(string backend) =>
        backend == BackendKind.Dashboard.Name
            ? "See that Jaeger relays Milvus's spans to the dashboard: its pipeline needs the dashboard's OTLP address and API key, and its log names refusals."
            : "Set trace.otlp.endpoint of Milvus to Jaeger's OTLP/gRPC receiver, as host:port.";
}
