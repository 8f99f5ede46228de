using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>Reads a list of attributes one by one and keeps those that are used: a trace of 50,000 spans has about a million attributes.</summary>
internal sealed class OtlpAttributesConverter : JsonConverter<Dictionary<string, string>>
{
    private static readonly FrozenSet<string> Keys = new[] { "service.name" }.Concat(Span.UsedAttributes).Concat(JaegerUITrace.UsedTags).ToFrozenSet();

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
            if (Keys.TryGetValue(attribute?.Key ?? "", out var key) && attribute?.Value is { } text)
            {
                attributes[key] = text;
            }
        }

        return attributes;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}

/// <summary>Reads an attribute's value as text: OTLP's <c>{"intValue":"1"}</c>, or <c>1</c> as in the tags of Jaeger's UI. Others are null.</summary>
internal sealed class OtlpValueConverter : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return JsonSerializer.Deserialize(ref reader, OtlpJson.Default.OtlpValue)?.ToText();
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => throw new NotSupportedException();
}
