using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>
/// Reads a list of <c>{"key": "…", "value": {"stringValue": "…"}}</c> and keeps the attributes that are used, as text: a trace of
/// 50,000 spans has about a million attributes.
/// </summary>
internal sealed class OtlpAttributesConverter : JsonConverter<Dictionary<string, string>>
{
    private static readonly (byte[] Utf8, string Key)[] Keys =
        [.. Span.UsedAttributes.Append("service.name").Select(key => (Encoding.UTF8.GetBytes(key), key))];

    public override Dictionary<string, string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Expect(reader.TokenType, JsonTokenType.StartArray);
        Dictionary<string, string>? attributes = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(reader.TokenType, JsonTokenType.StartObject);
            string? key = null, value = null;
            var isUsed = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("key"u8))
                {
                    reader.Read();
                    Expect(reader.TokenType, JsonTokenType.String);
                    key = UsedKey(ref reader);
                    isUsed = key is not null;
                }
                else if (isUsed && reader.ValueTextEquals("value"u8))
                {
                    value = ReadValue(ref reader);
                }
                else
                {
                    // Skip would refuse a reader over a stream. The serializer has buffered the whole list, so that this succeeds.
                    reader.TrySkip();
                }
            }

            if (key is not null && value is not null)
            {
                (attributes ??= [])[key] = value;
            }
        }

        return attributes;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <summary>Reads OTLP's AnyValue, an object with one property; null for lists, maps and bytes.</summary>
    private static string? ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(reader.TokenType, JsonTokenType.StartObject);
        string? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            value = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number when reader.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
                JsonTokenType.Number => reader.GetDouble().ToString(CultureInfo.InvariantCulture),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => null,
            };
            reader.TrySkip();
        }

        return value;
    }

    private static string? UsedKey(ref Utf8JsonReader reader)
    {
        foreach (var (utf8, key) in Keys)
        {
            if (reader.ValueTextEquals(utf8))
            {
                return key;
            }
        }

        return null;
    }

    private static void Expect(JsonTokenType actual, JsonTokenType expected)
    {
        if (actual != expected)
        {
            throw new JsonException($"{expected} was expected in a list of attributes, not {actual}.");
        }
    }
}
