using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>A validated search.</summary>
/// <param name="Field">The vector field.</param>
/// <param name="Metric">The metric of the field's index.</param>
/// <param name="Queries">The query vectors.</param>
/// <param name="Limit">The maximum number of hits for each query vector.</param>
/// <param name="Offset">The number of hits to skip for each query vector.</param>
/// <param name="Condition">The filter.</param>
/// <param name="Output">The fields to return.</param>
internal sealed record SearchPlan(
    Field Field,
    Metric Metric,
    IReadOnlyList<float[]> Queries,
    int Limit,
    int Offset,
    Func<Row, bool> Condition,
    OutputFields Output)
{
    private const int MaxResults = 16384;

    public static SearchPlan Create(Collection collection, SearchRequest request)
    {
        var parameters = new Parameters(request.SearchParams);
        var limit = parameters.Integer("topk") ?? throw MilvusError.Unexpected("topk not found in search_params");
        var offset = parameters.Integer("offset") ?? 0;
        MilvusError.ThrowIf(limit is < 1 or > MaxResults, $"topk [{limit}] is invalid, top k should be in range [1, {MaxResults}], but got {limit}");
        MilvusError.ThrowIf(offset is < 0 or > MaxResults, $"offset [{offset}] is invalid, top k should be in range [1, {MaxResults}], but got {offset}");
        MilvusError.ThrowIf(limit + offset > MaxResults, $"top k should be in range [1, {MaxResults}], but got {limit + offset}");
        MilvusError.ThrowIf((parameters.Integer("round_decimal") ?? -1) != -1, "the Milvus emulator does not round scores: round_decimal must be -1");
        CheckIndexParameters(parameters.Text("params"));

        var output = OutputFields.Resolve(collection.Schema, request.OutputFields, withKey: false);
        var field = VectorField(collection.Schema, parameters.Text("anns_field"));
        var filter = FilterCompiler.Compile(request.Dsl, collection.Schema);
        collection.ThrowIfNotLoaded("failed to search: ");
        var metric = ChooseMetric(collection, field, parameters.Text("metric_type"));
        return new(field, metric, ReadQueries(field, request), (int)limit, (int)offset, filter.Condition, output);
    }

    /// <summary>Accepts the parameters of an index, which do not change the result of an exact search.</summary>
    private static void CheckIndexParameters(string? json)
    {
        try
        {
            using var document = JsonDocument.Parse(string.IsNullOrEmpty(json) ? "{}" : json);
            MilvusError.ThrowIf(
                document.RootElement.TryGetProperty("radius", out _) || document.RootElement.TryGetProperty("range_filter", out _),
                "the Milvus emulator has no range search: radius, range_filter");
        }
        catch (Exception invalid) when (invalid is JsonException or InvalidOperationException)
        {
            throw MilvusError.Unexpected($"the search parameter params is not a JSON object: {json}");
        }
    }

    private static Field VectorField(Schema schema, string? name)
    {
        var field = string.IsNullOrEmpty(name) ? schema.Vector
            : schema.Find(name) ?? throw MilvusError.Unexpected($"failed to create query plan: failed to get field schema by name: fieldName({name}) not found");
        return field.IsVector ? field : throw MilvusError.Unexpected($"failed to create query plan: field ({name}) to search is not of vector data type");
    }

    private static Metric ChooseMetric(Collection collection, Field field, string? requested)
    {
        var metric = collection.Indexes.First(index => index.Field == field).Metric!;
        return string.IsNullOrEmpty(requested) || requested == metric.Name
            ? metric
            : throw MilvusError.Unexpected($"metric type not match: invalid parameter[expected={metric.Name}][actual={requested}]");
    }

    private static IReadOnlyList<float[]> ReadQueries(Field field, SearchRequest request)
    {
        var sent = ReadPlaceholder(request.PlaceholderGroup);
        var count = sent.Values.Count;
        MilvusError.ThrowIf(sent.Type is not PlaceholderType.FloatVector, $"field {field.Name} takes float vectors, but the query vectors are {sent.Type}");
        MilvusError.ThrowIf(request.Nq != 0 && request.Nq != count, $"nq is {request.Nq}, but the request has {count} query vectors");
        MilvusError.ThrowIf(
            count is < 1 or > MaxResults,
            $"nq [{count}] is invalid, nq (number of search vector per search request) should be in range [1, {MaxResults}], but got {count}");

        var size = field.Size * sizeof(float);
        return sent.Values.FirstOrDefault(value => value.Length != size) is { } wrong
            ? throw MilvusError.Unexpected($"vector dimension mismatch, expected vector size(byte) {size}, actual {wrong.Length}")
            : [.. sent.Values.Select(value => MemoryMarshal.Cast<byte, float>(value.Span).ToArray())];
    }

    private static PlaceholderValue ReadPlaceholder(ByteString group)
    {
        try
        {
            return PlaceholderGroup.Parser.ParseFrom(group).Placeholders.FirstOrDefault() ?? new();
        }
        catch (InvalidProtocolBufferException invalid)
        {
            throw MilvusError.Unexpected($"the query vectors are not a valid protobuf message: {invalid.Message}");
        }
    }
}
