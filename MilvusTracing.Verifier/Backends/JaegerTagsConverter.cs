using System.Text.Json;

namespace MilvusTracing.Verifier.Backends;

/// <summary>Jaeger's tags: plain values, with span kind and status among them.</summary>
internal sealed class JaegerTagsConverter : AttributesConverter
{
    protected override IEnumerable<string> MoreKeys => ["span.kind", "error", "otel.status_code"];

    protected override string? ReadValue(ref Utf8JsonReader reader) => Scalar(ref reader);
}
