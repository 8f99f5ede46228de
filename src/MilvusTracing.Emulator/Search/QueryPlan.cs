using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>A query request after all checks.</summary>
internal sealed record QueryPlan(Func<Row, bool> Condition, int? Limit, int Offset, OutputFields Output, bool CountsOnly)
{
    public const string Count = "count(*)";

    private const int MaxResults = 16384;

    public static QueryPlan Create(Schema schema, QueryRequest request)
    {
        var parameters = new Parameters(request.QueryParams);
        var limit = parameters.Integer("limit");
        var offset = limit is null ? 0 : parameters.Integer("offset") ?? 0;
        CheckWindow(limit, offset);
        var counts = request.OutputFields.Count == 1 && request.OutputFields[0].Trim() == Count;
        MilvusError.RefuseIf(counts && limit is not null, "count entities with pagination is not allowed");
        MilvusError.RefuseIf(!counts && request.OutputFields.Contains(Count), $"parse output field name failed: {Count}");
        MilvusError.RefuseIf(string.IsNullOrWhiteSpace(request.Expr) && limit is null && !counts, "empty expression should be used with limit");
        try
        {
            return new(
                FilterCompiler.Compile(request.Expr, schema).Condition,
                (int?)limit,
                (int)offset,
                OutputFields.Resolve(schema, counts ? [] : request.OutputFields, withKey: true),
                counts);
        }
        catch (FilterException broken)
        {
            throw MilvusError.Unexpected(broken.Message);
        }
    }

    /// <summary>The rows that the answer carries, in the order of their keys.</summary>
    public IReadOnlyList<Row> Apply(IEnumerable<Row> rows)
    {
        // As in Milvus, each partition gives its first, and only then do rows with the same key count once.
        var most = Limit ?? int.MaxValue - Offset;
        return
        [
            .. rows.GroupBy(row => row.Partition)
                .SelectMany(partition => partition.OrderBy(row => row.Key, KeyOrder.Instance).Take(Offset + most))
                .OrderBy(row => row.Key, KeyOrder.Instance).DistinctBy(row => row.Key).Skip(Offset).Take(most),
        ];
    }

    private static void CheckWindow(long? limit, long offset)
    {
        const string prefix = "invalid max query result window, ";
        MilvusError.RefuseIf(limit <= 0, $"{prefix}limit [{limit}] is invalid, should be greater than 0");
        MilvusError.RefuseIf(offset < 0, $"{prefix}offset [{offset}] is invalid, should be gte than 0");
        MilvusError.RefuseIf(limit + offset > MaxResults, $"{prefix}(offset+limit) should be in range [1, {MaxResults}], but got {limit + offset}");
    }

    private sealed class KeyOrder : IComparer<object>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare(object? x, object? y) =>
            x is string text ? string.CompareOrdinal(text, (string)y!) : ((long)x!).CompareTo((long)y!);
    }
}
