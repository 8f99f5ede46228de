using System.Text.Json;
using Google.Protobuf;

namespace MilvusTracing.Emulator.Storage;

/// <summary>The value of a JSON field: the text as it came, which is what goes back, and what it says.</summary>
internal sealed record JsonValue(ByteString Text, JsonElement Root)
{
    public static readonly JsonValue EmptyObject = Parse(ByteString.CopyFromUtf8("{}"));

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonValue Parse(ByteString text)
    {
        var reader = new Utf8JsonReader(text.Span);
        var root = JsonElement.ParseValue(ref reader);
        return reader.Read() ? throw new JsonException("data after the JSON value") : new(text, root);
    }
}
