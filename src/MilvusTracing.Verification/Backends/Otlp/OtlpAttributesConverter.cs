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
    private static readonly FrozenDictionary<string, UsedKey> Keys = new[] { "service.name" }.Concat(Span.UsedAttributes).Concat(JaegerUITrace.UsedTags)
        .ToFrozenDictionary(key => key, key => new UsedKey(key));

    private static readonly FrozenDictionary<int, UsedKey[]> KeysByLength = Keys.Values
        .GroupBy(key => key.Utf8.Length).ToFrozenDictionary(keys => keys.Key, keys => keys.ToArray());

    /// <summary>Room for a gRPC span's attributes and its resource's, so that the dictionary does not grow.</summary>
    private const int Capacity = 7;

    public override Dictionary<string, string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list of attributes was expected.");
        }

        Dictionary<string, string>? attributes = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                if (ReadAttribute(ref reader) is var (key, value))
                {
                    attributes ??= new Dictionary<string, string>(Capacity);
                    attributes[key] = value;
                }
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

    /// <summary>Null for an attribute that is not used.</summary>
    private static (string Key, string Value)? ReadAttribute(ref Utf8JsonReader reader)
    {
        UsedKey? key = null;
        var value = default(Utf8JsonReader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isKey, isValue) = (reader.ValueTextEquals("key"u8), reader.ValueTextEquals("value"u8));
            reader.Read();
            if (isKey)
            {
                key = FindKey(ref reader);
            }
            else if (isValue)
            {
                value = reader;
            }

            reader.TrySkip();
        }

        return key is not null && ReadValue(ref value, key) is { } text ? (key.Text, text) : null;
    }

    /// <summary>Null for a key that is not used.</summary>
    private static UsedKey? FindKey(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return reader.TokenType == JsonTokenType.Null ? null : throw new JsonException("The key of an attribute was expected.");
        }

        if (reader.ValueIsEscaped)
        {
            return Keys.GetValueOrDefault(reader.GetString()!);
        }

        foreach (var key in KeysByLength.GetValueOrDefault(reader.ValueSpan.Length) ?? [])
        {
            if (reader.ValueTextEquals(key.Utf8))
            {
                return key;
            }
        }

        return null;
    }

    private static string? ReadValue(ref Utf8JsonReader value, UsedKey key)
    {
        switch (value.TokenType)
        {
            case JsonTokenType.String:
                return key.ReadText(ref value);
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Encoding.UTF8.GetString(value.ValueSpan);
            case JsonTokenType.StartObject:
                // Most values are {"stringValue":"…"}.
                var start = value;
                if (value.Read() && value.TokenType == JsonTokenType.PropertyName && value.ValueTextEquals("stringValue"u8)
                    && value.Read() && value.TokenType == JsonTokenType.String)
                {
                    var text = key.ReadText(ref value);
                    if (value.Read() && value.TokenType == JsonTokenType.EndObject)
                    {
                        return text;
                    }
                }

                return JsonSerializer.Deserialize(ref start, OtlpJson.Default.OtlpValue)?.ToText();
            default:
                return null;
        }
    }

    /// <summary>A used key. Spans share its string, and that of its value if the span before had the same.</summary>
    private sealed class UsedKey(string text)
    {
        private string _value = "";

        public string Text => text;

        public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(text);

        public string ReadText(ref Utf8JsonReader value)
        {
            var last = _value;
            return value.ValueTextEquals(last) ? last : _value = value.GetString()!;
        }
    }
}
