namespace MilvusTracing.Verification;

/// <summary>Explains why one backend lacks spans that another one has.</summary>
internal static class BackendRules
{
    public static IEnumerable<Finding> Apply(Evidence evidence)
    {
        var spans = evidence.Snapshot.Trace!.Spans.ToDictionary(span => span.Id);
        var milvus = SpanClassifier.ServicesIn(spans.Values);
        foreach (var (backend, result) in evidence.Request.Backends.Zip(evidence.Snapshot.Backends).Where(pair => pair.Second.Missing.Count > 0))
        {
            var services = result.Missing.GroupBy(id => spans[id].Service).ToList();
            var fixes = services.Select(service => milvus.Contains(service.Key) ? MilvusFix(backend.Name) : ExportFix(backend.Name, service.Key)).Distinct();
            yield return new Finding(
                0.88,
                CauseCodes.BackendIncomplete,
                $"{BackendKind.TitleOf(backend)} lacks {Format.Count(result.Missing.Count, "span")} that another backend has "
                    + $"({Format.Names([.. services.Select(service => $"{service.Key} {service.Count()}")])}).",
                string.Join(" ", fixes.Take(3)));
        }
    }

    /// <summary>How to export a client's spans to a backend.</summary>
    public static string ExportFix(string backend, string service) =>
        backend == BackendKind.Jaeger.Name
            ? $"Set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT of {service} to Jaeger's OTLP address: http://localhost:4317 for gRPC, "
                + $"or http://localhost:4318/v1/traces with OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf. Check that {service} runs and that "
                    + "OTEL_SDK_DISABLED is not true."
        : backend == BackendKind.Dashboard.Name
            ? $"Set OTEL_EXPORTER_OTLP_ENDPOINT of {service} to the dashboard's OTLP address and OTEL_EXPORTER_OTLP_HEADERS to its API key, and "
                + $"check that {service} runs."
        : $"Check that {service} runs and exports to {backend}.";

    private static string MilvusFix(string backend) =>
        backend == BackendKind.Dashboard.Name
            ? "Check that Jaeger forwards Milvus's spans to the dashboard: its pipeline needs the dashboard's OTLP address and API key. Its "
                + "log names rejected exports."
            : "Set trace.otlp.endpoint of Milvus to the host:port of Jaeger's OTLP/gRPC receiver.";
}
