using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>
/// Reads a list of attributes and keeps those that are used. Token by token, since a trace of 50,000 spans has about a million attributes.
/// A value is OTLP's <c>{"intValue":"1"}</c>, or <c>1</c> as in the tags of Jaeger's UI.
/// </summary>
internal sealed class OtlpAttributesConverter : JsonConverter<Dictionary<string, string>>
{
    private static readonly FrozenSet<string> Keys = new[] { "service.name" }.Concat(Span.UsedAttributes).Concat(JaegerUITrace.UsedTags).ToFrozenSet();

    /// <summary>The keys with their UTF-8 text, by its length.</summary>
    private static readonly FrozenDictionary<int, (string Key, byte[] Utf8)[]> KeysByLength = Keys
        .Select(key => (Key: key, Utf8: Encoding.UTF8.GetBytes(key)))
        .GroupBy(key => key.Utf8.Length).ToFrozenDictionary(keys => keys.Key, keys => keys.ToArray());

    public override Dictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list of attributes was expected.");
        }

        var attributes = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadAttribute(ref reader, attributes);
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                throw new JsonException("An attribute was expected.");
            }
        }

        return attributes;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    private static void ReadAttribute(ref Utf8JsonReader reader, Dictionary<string, string> attributes)
    {
        string? key = null;
        var value = default(Utf8JsonReader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isKey, isValue) = (reader.ValueTextEquals("key"u8), reader.ValueTextEquals("value"u8));
            reader.Read();
            if (isKey)
            {
                key = UsedKey(ref reader);
            }
            else if (isValue)
            {
                value = reader;
            }

            reader.TrySkip();
        }

        if (key is not null && Text(ref value) is { } text)
        {
            attributes[key] = text;
        }
    }

    /// <summary>The instance of the set, so that all spans share the strings of their keys; null for a key that is not used.</summary>
    private static string? UsedKey(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return reader.TokenType == JsonTokenType.Null ? null : throw new JsonException("The key of an attribute was expected.");
        }

        if (reader.ValueIsEscaped)
        {
            return Keys.TryGetValue(reader.GetString()!, out var unescaped) ? unescaped : null;
        }

        if (KeysByLength.TryGetValue(reader.ValueSpan.Length, out var keys))
        {
            foreach (var (key, utf8) in keys)
            {
                if (reader.ValueTextEquals(utf8))
                {
                    return key;
                }
            }
        }

        return null;
    }

    private static string? Text(ref Utf8JsonReader value)
    {
        switch (value.TokenType)
        {
            case JsonTokenType.String:
                return value.GetString();
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Encoding.UTF8.GetString(value.ValueSpan);
            case JsonTokenType.StartObject:
                return JsonSerializer.Deserialize(ref value, OtlpJson.Default.OtlpValue)?.ToText();
            default:
                return null;
        }
    }
}
