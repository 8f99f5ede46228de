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

    /// <summary>What stands at the end of a path of names and positions: a string, bool, long or double; null for all else.</summary>
    public object? Find(IEnumerable<object> path)
    {
        try
        {
            var element = Root;
            foreach (var step in path)
            {
                switch (step)
                {
                    case string name when element.ValueKind is JsonValueKind.Object
                        && element.EnumerateObject().Where(member => member.NameEquals(name)).ToList() is [var first, ..]:
                        element = first.Value;
                        break;
                    case int index when element.ValueKind is JsonValueKind.Array && index < element.GetArrayLength():
                        element = element[index];
                        break;
                    default:
                        return null;
                }
            }

            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString(),
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when element.TryGetInt64(out var integer) => integer,
                JsonValueKind.Number => element.GetDouble(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair, or no UTF-8
        }
    }
}
