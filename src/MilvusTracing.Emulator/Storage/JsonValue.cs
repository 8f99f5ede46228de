using System.Text.Json;
using Google.Protobuf;

namespace MilvusTracing.Emulator.Storage;

/// <summary>A value of a JSON field: the text that the client sent, which responses return unchanged, and its parsed form.</summary>
internal sealed record JsonValue(ByteString Text, JsonElement Root)
{
    public static readonly JsonValue EmptyObject = Parse(ByteString.CopyFromUtf8("{}"));

    /// <exception cref="JsonException">The text is not valid JSON.</exception>
    public static JsonValue Parse(ByteString text)
    {
        var reader = new Utf8JsonReader(text.Span);
        var root = JsonElement.ParseValue(ref reader);
        return reader.Read() ? throw new JsonException("data after the JSON value") : new(text, root);
    }

    /// <summary>Returns the value at a path of member names and array indexes: a string, bool, long or double; null for anything else.</summary>
    public object? Find(IEnumerable<object> path)
    {
        try
        {
            var found = path.Aggregate((JsonElement?)Root, (element, step) => (element, step) switch
            {
                ({ ValueKind: JsonValueKind.Object } parent, string name) when parent.TryGetProperty(name, out var member) => member,
                ({ ValueKind: JsonValueKind.Array } parent, int index) when index < parent.GetArrayLength() => parent[index],
                _ => null,
            });
            return found switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { ValueKind: JsonValueKind.True } => true,
                { ValueKind: JsonValueKind.False } => false,
                { ValueKind: JsonValueKind.Number } number => number.TryGetInt64(out var integer) ? integer : number.GetDouble(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            return null; // an unpaired surrogate, or invalid UTF-8
        }
    }
}
