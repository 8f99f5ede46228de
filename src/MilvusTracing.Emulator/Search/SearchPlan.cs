using System.Runtime.InteropServices;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Requests;
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

    // Those of the second line have no effect on an exact search.
    private static readonly string[] Supported =
    [
        "anns_field", "topk", "metric_type", "offset", "round_decimal", "params",
        "ef", "nprobe", "level", "hints", "page_retain_order",
    ];

    public static SearchPlan Create(Collection collection, SearchRequest request)
    {
        var parameters = new Parameters(request.SearchParams);
        var limit = parameters.Integer("topk") ?? throw MilvusError.Unexpected("topk not found in search_params");
        var offset = parameters.Integer("offset") ?? 0;
        const string range = "top k should be in range [1, 16384], but got";
        MilvusError.ThrowIf(limit is < 1 or > MaxResults, $"topk [{limit}] is invalid, {range} {limit}");
        MilvusError.ThrowIf(offset is < 0 or > MaxResults, $"offset [{offset}] is invalid, {range} {offset}");
        MilvusError.ThrowIf(limit + offset > MaxResults, $"{range} {limit + offset}");
        MilvusError.ThrowIf((parameters.Integer("round_decimal") ?? -1) != -1, "the Milvus emulator does not round scores: round_decimal must be -1");
        parameters.ThrowIfOtherThan(Supported);
        parameters.Nested("params").ThrowIfOtherThan(Supported);

        var output = OutputFields.Resolve(collection.Schema, request.OutputFields, withKey: false);
        var field = VectorField(collection.Schema, parameters.Text("anns_field"));
        var filter = FilterCompiler.Compile(request.Dsl, collection.Schema);
        collection.ThrowIfNotLoaded("failed to search: ");
        var metric = ChooseMetric(collection, field, parameters.Text("metric_type"));
        return new(field, metric, ReadQueries(field, request), (int)limit, (int)offset, filter.Condition, output);
    }

    private static Field VectorField(Schema schema, string? name)
    {
        const string prefix = "failed to create query plan: ";
        var field = string.IsNullOrEmpty(name) ? schema.Vector
            : schema.Find(name) ?? throw MilvusError.Unexpected($"{prefix}failed to get field schema by name: fieldName({name}) not found");
        return field.IsVector ? field : throw MilvusError.Unexpected($"{prefix}field ({name}) to search is not of vector data type");
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
        MilvusError.ThrowIf(sent.Type is not PlaceholderType.FloatVector, $"field {field.Name} takes float vectors, but the query has {sent.Type}");
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
            var placeholders = PlaceholderGroup.Parser.ParseFrom(group);
            UnsupportedFields.Check(placeholders);
            return placeholders.Placeholders.FirstOrDefault() ?? new();
        }
        catch (InvalidProtocolBufferException invalid)
        {
            throw MilvusError.Unexpected($"the query vectors are not a valid protobuf message: {invalid.Message}");
        }
    }
}
