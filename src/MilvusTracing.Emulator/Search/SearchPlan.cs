using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>A search request after all checks.</summary>
internal sealed record SearchPlan(
    Field Field,
    Metric Metric,
    IReadOnlyList<float[]> Queries,
    int Limit,
    int Offset,
    int RoundDecimal,
    float? Radius,
    float? RangeFilter,
    Func<Row, bool> Condition,
    OutputFields Output)
{
    private const int MaxResults = 16384;

    public static SearchPlan Create(Collection collection, SearchRequest request)
    {
        var parameters = new Parameters(request.SearchParams);
        var limit = CheckRange("topk", "top k", parameters.Integer("topk")
            ?? throw MilvusError.Unexpected("topk not found in search_params"), 1);
        var offset = CheckRange("offset", "top k", parameters.Integer("offset") ?? 0, 0);
        MilvusError.RefuseIf(limit + offset > MaxResults, $"top k should be in range [1, {MaxResults}], but got {limit + offset}");

        var round = parameters.Integer("round_decimal") ?? -1;
        MilvusError.RefuseIf(round is < -1 or > 6, $"round_decimal [{round}] is invalid, should be -1 or an integer in range [0, 6]");

        var placeholder = ReadPlaceholder(request.PlaceholderGroup);
        var queries = request.Nq != 0 ? request.Nq : placeholder?.Values.Count ?? 0; // older clients leave the count out
        MilvusError.RefuseIf(
            queries is < 1 or > MaxResults,
            $"nq [{queries}] is invalid, nq (number of search vector per search request) should be in range [1, {MaxResults}], but got {queries}");

        var output = OutputFields.Resolve(collection.Schema, request.OutputFields, withKey: false);
        try
        {
            var field = VectorField(collection.Schema, parameters.Text("anns_field"));
            var filter = FilterCompiler.Compile(request.Dsl, collection.Schema);
            if (!collection.IsLoaded)
            {
                throw MilvusError.CollectionNotLoaded(collection.Id).During("failed to search: ");
            }

            var metric = ChooseMetric(collection, field, parameters.Text("metric_type"));
            var (radius, rangeFilter) = Range(collection, metric, parameters, offset + limit);
            return new(field, metric, ReadQueries(collection, field, placeholder, queries), limit, offset, (int)round, radius, rangeFilter, filter.Condition, output);
        }
        catch (FilterException broken)
        {
            throw MilvusError.Unexpected($"failed to create query plan: {broken.Message}");
        }
    }

    /// <summary>Whether a score is between the radius, which is the far end, and the range filter, the near one.</summary>
    public bool IsInRange(float score) => Metric.LargestFirst
        ? (Radius is not { } low || score > low) && (RangeFilter is not { } high || score <= high)
        : (Radius is not { } far || score < far) && (RangeFilter is not { } near || score >= near);

    public float Round(float score) => RoundDecimal < 0 ? score : MathF.Round(score, RoundDecimal);

    private static int CheckRange(string name, string what, long value, int least) => value >= least && value <= MaxResults
        ? (int)value
        : throw MilvusError.Unexpected($"{name} [{value}] is invalid, {what} should be in range [1, {MaxResults}], but got {value}");

    private static Field VectorField(Schema schema, string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return schema.Vector ?? throw MilvusError.Unexpected("failed to create query plan: no vector field in the collection");
        }

        var field = schema.Find(name) ?? throw MilvusError.Unexpected($"failed to create query plan: failed to get field schema by name: fieldName({name}) not found");
        return field.IsVector ? field : throw MilvusError.Unexpected($"failed to create query plan: field ({name}) to search is not of vector data type");
    }

    private static Metric ChooseMetric(Collection collection, Field field, string? requested)
    {
        var metric = collection.Indexes.First(index => index.Field == field).Metric!;
        return string.IsNullOrEmpty(requested) || requested == metric.Name
            ? metric
            : throw collection.Failed("Search", $"collection:{collection.Id}, metric type not match: invalid parameter[expected={metric.Name}][actual={requested}]");
    }

    private static (float? Radius, float? RangeFilter) Range(Collection collection, Metric metric, Parameters parameters, int most)
    {
        MilvusError Rejected(string reason) => collection.Failed("Search", $"worker(1) query failed: {reason}");
        try
        {
            using var inner = JsonDocument.Parse(parameters.Text("params") is { Length: > 0 } text ? text : "{}");
            float? Number(string name) => inner.RootElement.ValueKind is JsonValueKind.Object
                && inner.RootElement.TryGetProperty(name, out var value)
                ? value.ValueKind is JsonValueKind.Number ? value.GetSingle() : throw Rejected($"{name} is {value}, but has to be a number")
                : null;
            if (collection.Indexes.First(index => index.Field.IsVector).Fault(inner.RootElement, most) is { } fault)
            {
                throw Rejected(fault);
            }

            if (Number("radius") is not { } radius)
            {
                return (null, null); // Milvus looks at the filter only beside a radius
            }

            var rangeFilter = Number("range_filter");
            return (metric.LargestFirst ? rangeFilter <= radius : rangeFilter >= radius)
                ? throw Rejected($"range_filter must be {(metric.LargestFirst ? "greater than radius for IP/COSINE" : "less than radius for L2")}")
                : (radius, rangeFilter);
        }
        catch (JsonException broken)
        {
            throw Rejected($"search params are not JSON: {broken.Message}");
        }
    }

    /// <summary>The query vectors as they were sent; null where there are none to be read.</summary>
    private static PlaceholderValue? ReadPlaceholder(ByteString group)
    {
        try
        {
            return PlaceholderGroup.Parser.ParseFrom(group).Placeholders.FirstOrDefault();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static IReadOnlyList<float[]> ReadQueries(Collection collection, Field field, PlaceholderValue? placeholder, long count)
    {
        MilvusError Rejected(string reason) => collection.Failed("Search", $"worker(1) query failed: {reason}");
        if (placeholder is null)
        {
            throw Rejected("empty search request");
        }

        if (placeholder.Type is not PlaceholderType.FloatVector)
        {
            throw Rejected($"vector type must be the same, field {field.Name} - type {field.Type}, search info type {placeholder.Type}");
        }

        if (placeholder.Values.Count != count)
        {
            throw Rejected($"illegal req sizes, {count} queries announced, {placeholder.Values.Count} sent");
        }

        var size = field.Size * sizeof(float);
        return placeholder.Values.FirstOrDefault(value => value.Length != size) is { } wrong
            ? throw Rejected($"vector dimension mismatch, expected vector size(byte) {size}, actual {wrong.Length}")
            : [.. placeholder.Values.Select(value => MemoryMarshal.Cast<byte, float>(value.Span).ToArray())];
    }
}
