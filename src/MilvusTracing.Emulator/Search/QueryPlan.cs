using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Requests;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>A validated query.</summary>
/// <param name="Condition">The filter.</param>
/// <param name="Limit">The maximum number of rows; null for all.</param>
/// <param name="Offset">The number of rows to skip.</param>
/// <param name="Output">The fields to return.</param>
/// <param name="CountsOnly">Whether to return the number of rows in their place.</param>
internal sealed record QueryPlan(Func<Row, bool> Condition, int? Limit, int Offset, OutputFields Output, bool CountsOnly)
{
    public const string Count = "count(*)";

    private const int MaxResults = 16384;

    private static readonly Comparer<object> KeyOrder = Comparer<object>.Create(
        (x, y) => x is string text ? string.CompareOrdinal(text, (string)y) : ((long)x).CompareTo((long)y));

    public static QueryPlan Create(Schema schema, QueryRequest request)
    {
        var parameters = new Parameters(request.QueryParams);
        parameters.ThrowIfOtherThan("limit", "offset", "iterator", "reduce_stop_for_best", "collection_id");
        var limit = parameters.Integer("limit");
        var offset = limit is null ? 0 : parameters.Integer("offset") ?? 0;
        const string window = "invalid max query result window, ";
        MilvusError.ThrowIf(limit <= 0, $"{window}limit [{limit}] is invalid, should be greater than 0");
        MilvusError.ThrowIf(offset < 0, $"{window}offset [{offset}] is invalid, should be gte than 0");
        MilvusError.ThrowIf(limit + offset > MaxResults, $"{window}(offset+limit) should be in range [1, {MaxResults}], but got {limit + offset}");

        var counts = request.OutputFields.Count == 1 && request.OutputFields[0].Trim() == Count;
        MilvusError.ThrowIf(counts && limit is not null, "count entities with pagination is not allowed");
        MilvusError.ThrowIf(!counts && request.OutputFields.Contains(Count), $"parse output field name failed: {Count}");
        MilvusError.ThrowIf(string.IsNullOrWhiteSpace(request.Expr) && limit is null && !counts, "empty expression should be used with limit");
        var output = OutputFields.Resolve(schema, counts ? [] : request.OutputFields, withKey: true);
        return new(FilterCompiler.Compile(request.Expr, schema).Condition, (int?)limit, (int)offset, output, counts);
    }

    /// <summary>Returns the rows of the response, in the order of their primary keys.</summary>
    public IReadOnlyList<Row> Apply(IEnumerable<Row> rows)
    {
        // Like Milvus: take the first rows before removing duplicate primary keys.
        var ordered = rows.OrderBy(row => row.Key, KeyOrder);
        return [.. (Limit is { } limit ? ordered.Take(Offset + limit) : ordered).DistinctBy(row => row.Key).Skip(Offset)];
    }
}
