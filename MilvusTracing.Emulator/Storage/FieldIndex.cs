using System.Globalization;
using System.Text.Json;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Search;
using MilvusTracing.Emulator.Protos;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// An index as the client described it. The emulator searches exactly, so it holds no structure; the metric is what it
/// gives to a search.
/// </summary>
internal sealed record FieldIndex(long Id, string Name, Field Field, IReadOnlyList<KeyValuePair> Parameters, Metric? Metric)
{
    private const string Automatic = "AUTOINDEX";

    private static readonly string[] VectorTypes =
        [Automatic, "FLAT", "IVF_FLAT", "IVF_SQ8", "IVF_PQ", "HNSW", "SCANN", "DISKANN", "GPU_IVF_FLAT", "GPU_IVF_PQ"];

    private static readonly string[] ScalarTypes = [Automatic, "STL_SORT", "Trie", "INVERTED", "BITMAP", "marisa-trie"];

    public static FieldIndex Create(long id, string name, Field field, IEnumerable<KeyValuePair> parameters)
    {
        Names.CheckIndex(name);
        name = name.Length > 0 ? name : field.Name;
        var given = parameters.ToDictionary(parameter => parameter.Key, parameter => parameter.Value);
        var inner = InnerParameters(given.GetValueOrDefault("params", "{}"));
        var type = given.GetValueOrDefault("index_type", "");
        if (!field.IsVector)
        {
            return field.Type is DataType.Json
                ? throw MilvusError.InvalidParameter("create index on JSON field is not supported", "supported field", "create index on JSON field")
                : type.Length == 0 || ScalarTypes.Contains(type)
                ? new(id, name, field, [Pair("index_type", type.Length > 0 ? type : Automatic)], null)
                : throw MilvusError.Unexpected($"invalid index type: {type}");
        }

        type = type.Length > 0 ? type : Automatic;
        if (!VectorTypes.Contains(type))
        {
            throw MilvusError.Unexpected($"invalid index type: {type}");
        }

        if (type == Automatic)
        {
            var chosen = given.GetValueOrDefault("metric_type") is { Length: > 0 } text ? Metric.Parse(text) : Metric.InnerProduct;
            return new(id, name, field, [Pair("index_type", type), Pair("metric_type", chosen.Name)], chosen);
        }

        string? Parameter(string key) => inner.GetValueOrDefault(key) ?? given.GetValueOrDefault(key);
        if (type.Contains("IVF", StringComparison.Ordinal) || type == "SCANN")
        {
            CheckRange("nlist", Parameter("nlist"), 1, 65536);
        }

        if (type == "HNSW")
        {
            CheckRange("efConstruction", Parameter("efConstruction"), 1, int.MaxValue);
            CheckRange("M", Parameter("M"), 1, 2048);
        }

        return new(id, name, field, [.. parameters], Metric.Parse(given.GetValueOrDefault("metric_type", "")));
    }

    /// <summary>Whether a client that creates this one finds what it asked for in the other.</summary>
    public bool Matches(FieldIndex other) => Name == other.Name && Field == other.Field && Parameters.SequenceEqual(other.Parameters);

    private static KeyValuePair Pair(string key, string value) => new() { Key = key, Value = value };

    private static Dictionary<string, string> InnerParameters(string json)
    {
        try
        {
            return string.IsNullOrWhiteSpace(json)
                ? []
                : JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!.ToDictionary(entry => entry.Key, entry => entry.Value.ToString());
        }
        catch (JsonException broken)
        {
            throw MilvusError.Unexpected($"unmarshal params failed, {broken.Message}");
        }
    }

    private static void CheckRange(string name, string? value, int least, int most)
    {
        if (!int.TryParse(value, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
        {
            throw MilvusError.Unexpected($"{name} out of range: [{least}, {most}]");
        }
    }
}
