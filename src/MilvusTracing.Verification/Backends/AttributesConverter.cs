using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilvusTracing.Verification;

/// <summary>
/// Reads a list of <c>{"key": …, "value": …}</c> and keeps only what is used: a trace of 50,000 spans has about a million of
/// them. Jaeger's values are plain, OTLP's wrapped as <c>{"stringValue": …}</c>.
/// </summary>
internal sealed class AttributesConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    /// <summary>What Jaeger has among the tags and OTLP as fields, or on the resource.</summary>
    private static readonly string[] MoreKeys = ["span.kind", "error", "otel.status_code", "service.name"];

    private static readonly (byte[] Utf8, string Key)[] Keys =
        [.. Span.UsedAttributes.Concat(MoreKeys).Select(key => (Encoding.UTF8.GetBytes(key), key))];

    // TrySkip, since Skip refuses a reader over a stream; the serializer buffers the whole list before it calls this.
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list of attributes was expected.");
        }

        Dictionary<string, string>? attributes = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.TrySkip();
                continue;
            }

            string? key = null, value = null;
            var isKept = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("key"u8))
                {
                    reader.Read();
                    key = KeptKey(ref reader);
                    isKept = key is not null;
                }
                else if (isKept && reader.ValueTextEquals("value"u8))
                {
                    reader.Read();
                    value = ReadValue(ref reader);
                }
                else
                {
                    reader.TrySkip();
                }
            }

            if (key is not null && value is not null)
            {
                (attributes ??= [])[key] = value;
            }
        }

        return attributes ?? (IReadOnlyDictionary<string, string>)FrozenDictionary<string, string>.Empty;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <summary>Reads one value, and past it, as text; null for one that is neither text nor a truth value.</summary>
    private static string? ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return Scalar(ref reader);
        }

        string? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            value = Scalar(ref reader) ?? value;
        }

        return value;
    }

    private static string? Scalar(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            default:
                reader.TrySkip();
                return null;
        }
    }

    private static string? KeptKey(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.TrySkip();
            return null;
        }

        foreach (var (utf8, key) in Keys)
        {
            if (reader.ValueTextEquals(utf8))
            {
                return key;
            }
        }

        return null;
    }
}

/// <summary>A number as time, clamped: Jaeger writes a negative duration as one beyond int64. A string that holds one will do.</summary>
internal sealed class TicksConverter : JsonConverter<long>
{
    public override bool HandleNull => true;

    // The conversion from double saturates.
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.TryGetInt64(out var number) ? number : (long)reader.GetDouble(),
        JsonTokenType.Null => 0,
        JsonTokenType.String when decimal.TryParse(reader.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var number) =>
            (long)Math.Clamp(number, long.MinValue, long.MaxValue),
        _ => throw new JsonException("A time was expected."),
    };

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => throw new NotSupportedException();
}
