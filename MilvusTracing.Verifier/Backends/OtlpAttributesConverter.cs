using System.Text.Json;

namespace MilvusTracing.Verifier.Backends;

/// <summary>OTLP's attributes: values wrapped as <c>{"stringValue": …}</c>; a resource's service name among them.</summary>
internal sealed class OtlpAttributesConverter : AttributesConverter
{
    protected override IEnumerable<string> MoreKeys => ["service.name"];

    protected override string? ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.TrySkip();
            return null;
        }

        string? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            value = Scalar(ref reader) ?? value;
        }

        return value;
    }
}
