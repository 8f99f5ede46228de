using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

internal readonly record struct Hit(Row Row, float Score);

/// <summary>Scores every row against every query vector and keeps the best.</summary>
internal static class ExactSearch
{
    /// <summary>
    /// For each query its best rows, best first; of equally good ones those inserted first. As in Milvus, each partition
    /// gives its best, and only then do rows with the same key count once.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Hit>> Run(SearchPlan plan, IEnumerable<Row> rows, CancellationToken cancelled)
    {
        Row[][] partitions = [.. rows.GroupBy(row => row.Partition).Select(partition => partition.ToArray())];
        float Rank(Hit hit) => plan.Metric.LargestFirst ? -hit.Score : hit.Score;
        IReadOnlyList<Hit> Best(float[] query)
        {
            cancelled.ThrowIfCancellationRequested();
            return
            [
                .. partitions.SelectMany(partition => partition
                    .Select(row => new Hit(row, plan.Metric.Score(query, (float[])row[plan.Field])))
                    .Where(hit => float.IsFinite(hit.Score) && plan.IsInRange(hit.Score)) // not a number where the query is not
                    .OrderBy(Rank).Take(plan.Offset + plan.Limit))
                .OrderBy(Rank).DistinctBy(hit => hit.Row.Key).Skip(plan.Offset).Take(plan.Limit),
            ];
        }

        return [.. plan.Queries.Select(Best)];
    }
}
