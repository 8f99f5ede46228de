using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Requests;
using MilvusTracing.Emulator.Search;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// The description of an index. The emulator compares every row, so an index has no data; only its metric affects a search.
/// </summary>
internal sealed record FieldIndex(long Id, string Name, Field Field, IReadOnlyList<KeyValuePair> Parameters, Metric? Metric)
{
    private const string AutoIndex = "AUTOINDEX";

    private static readonly string[] VectorIndexTypes = [AutoIndex, "FLAT", "HNSW", "IVF_FLAT"];

    public static FieldIndex Create(long id, Field field, CreateIndexRequest request)
    {
        var name = request.IndexName.Length > 0 ? request.IndexName : field.Name;
        if (!field.IsVector)
        {
            return new(id, name, field, [.. request.ExtraParams], null);
        }

        var parameters = new Parameters(request.ExtraParams);
        var metricName = parameters.Text("metric_type") ?? "";
        var type = parameters.Text("index_type") is { Length: > 0 } given ? given : AutoIndex;
        MilvusError.ThrowIf(
            !VectorIndexTypes.Contains(type), $"the Milvus emulator has no index type {type}; it has {string.Join(", ", VectorIndexTypes)}");
        if (type != AutoIndex)
        {
            return new(id, name, field, [.. request.ExtraParams], Metric.Parse(metricName));
        }

        var metric = metricName.Length > 0 ? Metric.Parse(metricName) : Metric.InnerProduct;
        return new(id, name, field, [new() { Key = "index_type", Value = type }, new() { Key = "metric_type", Value = metric.Name }], metric);
    }

    /// <summary>Whether the other index has the same name, field and parameters.</summary>
    public bool Matches(FieldIndex other) => Name == other.Name && Field == other.Field && Parameters.SequenceEqual(other.Parameters);
}
