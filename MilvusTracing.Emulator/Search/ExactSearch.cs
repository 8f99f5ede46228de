using MilvusTracing.Emulator.Storage;

namespace MilvusTracing.Emulator.Search;

/// <summary>Scores every row against every query vector and keeps the best.</summary>
internal static class ExactSearch
{
    /// <summary>For each query its best rows, best first; of equally good ones those inserted first.</summary>
    public static IReadOnlyList<IReadOnlyList<Hit>> Run(SearchPlan plan, IEnumerable<Row> rows)
    {
        var best = plan.Queries.Select(_ => new PriorityQueue<Hit, (float, int)>()).ToArray();
        var seen = 0;
        foreach (var row in rows)
        {
            seen++;
            var vector = (float[])row[plan.Field];
            for (var i = 0; i < best.Length; i++)
            {
                var score = plan.Metric.Score(plan.Queries[i], vector);
                if (!float.IsFinite(score) || !plan.IsInRange(score)) // not a number where the query is not
                {
                    continue;
                }

                // The worst stands first in the queue: the lowest rank, and of those the one inserted last.
                var rank = (plan.Metric.LargestFirst ? score : -score, -seen);
                if (best[i].Count < plan.Offset + plan.Limit)
                {
                    best[i].Enqueue(new(row, score), rank);
                }
                else
                {
                    best[i].EnqueueDequeue(new(row, score), rank);
                }
            }
        }

        return [.. best.Select(queue => BestFirst(queue, plan))];
    }

    private static List<Hit> BestFirst(PriorityQueue<Hit, (float, int)> queue, SearchPlan plan)
    {
        var hits = new Hit[queue.Count];
        for (var i = hits.Length - 1; i >= 0; i--)
        {
            hits[i] = queue.Dequeue();
        }

        return [.. hits.DistinctBy(hit => hit.Row.Key).Skip(plan.Offset)];
    }
}
