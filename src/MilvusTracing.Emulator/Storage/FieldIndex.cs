using System.Globalization;
using System.Text.Json;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Search;
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

    public static FieldIndex Create(long id, string name, Field field, IEnumerable<KeyValuePair> parameters)
    {
        Names.CheckIndex(name);
        name = name.Length > 0 ? name : field.Name;
        var given = new Parameters(parameters);
        var inner = InnerParameters(given.Text("params") ?? "");
        var type = given.Text("index_type") ?? "";
        if (!field.IsVector)
        {
            CheckScalar(field.Type, type);
            return new(id, name, field, [.. parameters], null);
        }

        type = type.Length > 0 ? type : Automatic;
        MilvusError.RefuseIf(!VectorTypes.Contains(type), $"invalid index type: {type}");

        if (type == Automatic)
        {
            var chosen = given.Text("metric_type") is { Length: > 0 } text ? Metric.Parse(text) : Metric.InnerProduct;
            return new(id, name, field, [Pair("index_type", type), Pair("metric_type", chosen.Name)], chosen);
        }

        string? Parameter(string key) => inner.GetValueOrDefault(key) ?? given.Text(key);
        if (type.Contains("IVF", StringComparison.Ordinal) || type == "SCANN")
        {
            CheckRange("nlist", Parameter("nlist"), 1, 65536);
        }

        if (type.EndsWith("IVF_PQ", StringComparison.Ordinal))
        {
            CheckParts(field.Size, Parameter("m") ?? throw MilvusError.Unexpected("parameter `m` not found"));
        }

        if (type == "HNSW")
        {
            CheckRange("efConstruction", Parameter("efConstruction"), 1, int.MaxValue);
            CheckRange("M", Parameter("M"), 1, 2048);
        }

        return new(id, name, field, [.. parameters], Metric.Parse(given.Text("metric_type") ?? ""));
    }

    /// <summary>Whether a client that creates this one finds what it asked for in the other.</summary>
    public bool Matches(FieldIndex other) => Name == other.Name && Field == other.Field && Parameters.SequenceEqual(other.Parameters);

    /// <summary>What is wrong with the parameters of a search for so many rows, or null. Milvus looks only where there is an index of the rows.</summary>
    public string? Fault(JsonElement parameters, int rows)
    {
        var type = Parameters.LastOrDefault(parameter => parameter.Key == "index_type")?.Value ?? Automatic;
        var (name, least, most) = type == "HNSW" ? ("ef", rows, int.MaxValue) : type.Contains("IVF", StringComparison.Ordinal) || type == "SCANN" ? ("nprobe", 1, 65536) : ("", 0, 0);
        return parameters.ValueKind is not JsonValueKind.Object || !parameters.TryGetProperty(name, out var value) ? null
            : !int.TryParse(value.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? $"param {name} should be integer"
            : number < least && name == "ef" ? $"ef({number}) should be larger than k({rows})"
            : number < least || number > most ? $"param {name} out of range [ {least},{most} ]" : null;
    }

    private static void CheckScalar(DataType field, string type)
    {
        if (field is DataType.Json or DataType.Bool)
        {
            var refusal = $"create index on {(field is DataType.Json ? "JSON" : "Bool")} field";
            throw MilvusError.InvalidParameter($"{refusal} is not supported", "supported field", refusal);
        }

        var expected = field is DataType.VarChar ? "Trie" : "STL_SORT";
        if (type.Length > 0 && type != expected && !(field is DataType.VarChar && type == "marisa-trie"))
        {
            throw MilvusError.InvalidParameter("index type not match", expected, type);
        }
    }

    /// <summary>Whether a vector can be cut into so many parts.</summary>
    private static void CheckParts(int dimension, string parts)
    {
        if (!int.TryParse(parts, CultureInfo.InvariantCulture, out var m) || m < 1)
        {
            throw MilvusError.Unexpected($"invalid `m`: {parts}");
        }

        MilvusError.RefuseIf(dimension % m != 0, $"dimension must be able to be divided by `m`, dimension: {dimension}, m: {m}");
    }

    private static KeyValuePair Pair(string key, string value) => new() { Key = key, Value = value };

    private static Dictionary<string, string> InnerParameters(string json)
    {
        try
        {
            return string.IsNullOrWhiteSpace(json)
                ? []
                : (JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json) ?? []).ToDictionary(entry => entry.Key, entry => entry.Value.ToString());
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
