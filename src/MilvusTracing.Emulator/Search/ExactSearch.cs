using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>A row that a search found.</summary>
internal readonly record struct Hit(Row Row, float Score);

/// <summary>Compares every row with every query vector.</summary>
internal static class ExactSearch
{
    /// <summary>
    /// Returns the best rows for each query, best first; rows with equal scores in the order of their insertion. Like Milvus,
    /// it takes the best rows before it removes duplicate primary keys.
    /// </summary>
    /// <exception cref="OperationCanceledException">The client canceled the call, or its deadline expired.</exception>
    public static IReadOnlyList<IReadOnlyList<Hit>> Run(SearchPlan plan, IEnumerable<Row> rows, CancellationToken cancellationToken)
    {
        Row[] candidates = [.. rows];
        float Rank(Hit hit) => plan.Metric.LargestFirst ? -hit.Score : hit.Score;
        IReadOnlyList<Hit> Best(float[] query)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return
            [
                .. candidates.Select(row => new Hit(row, plan.Metric.Score(query, (float[])row[plan.Field])))
                    .Where(hit => float.IsFinite(hit.Score)) // a query vector may contain NaN
                    .OrderBy(Rank).Take(plan.Offset + plan.Limit)
                    .DistinctBy(hit => hit.Row.Key).Skip(plan.Offset),
            ];
        }

        return [.. plan.Queries.Select(Best)];
    }
}
