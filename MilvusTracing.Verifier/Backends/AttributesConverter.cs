using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Backends;

/// <summary>
/// Reads a list of <c>{"key": …, "value": …}</c> and keeps only what the verifier uses: a trace of 50,000 spans
/// has about a million of them.
/// </summary>
internal abstract class AttributesConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    private (byte[] Utf8, string Key)[]? _keys;

    // TrySkip, since Skip refuses a reader over a stream; the serializer buffers the whole list before it calls this.
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list of attributes was expected.");
        }

        Dictionary<string, string>? attributes = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
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

    /// <summary>The attributes that this form of JSON keeps beyond <see cref="Span.UsedAttributes"/>.</summary>
    protected virtual IEnumerable<string> MoreKeys => [];

    /// <summary>Reads one value, and past it, as text; null for one that is no plain value.</summary>
    protected abstract string? ReadValue(ref Utf8JsonReader reader);

    protected static string? Scalar(ref Utf8JsonReader reader)
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

    private string? KeptKey(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.TrySkip();
            return null;
        }

        foreach (var (utf8, key) in _keys ??= [.. Span.UsedAttributes.Concat(MoreKeys).Select(key => (Encoding.UTF8.GetBytes(key), key))])
        {
            if (reader.ValueTextEquals(utf8))
            {
                return key;
            }
        }

        return null;
    }
}
