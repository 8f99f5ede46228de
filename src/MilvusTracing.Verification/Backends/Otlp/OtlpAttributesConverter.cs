using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>Reads a list of attributes one by one and keeps those that are used: a trace of 50,000 spans has about a million attributes.</summary>
internal sealed class OtlpAttributesConverter : JsonConverter<Dictionary<string, string>>
{
    private static readonly FrozenSet<string> Keys = [.. Span.UsedAttributes, "service.name"];

    public override Dictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list of attributes was expected.");
        }

        var attributes = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // The instance of the set replaces the one that was read, so that all spans share the strings of their keys.
            var attribute = JsonSerializer.Deserialize(ref reader, OtlpJson.Default.OtlpAttribute);
            if (Keys.TryGetValue(attribute?.Key ?? "", out var key) && attribute?.Value?.ToText() is { } text)
            {
                attributes[key] = text;
            }
        }

        return attributes;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}
