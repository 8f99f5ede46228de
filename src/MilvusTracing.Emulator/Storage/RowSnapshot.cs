namespace MilvusTracing.Emulator.Storage;

/// <summary>The rows of a collection as they were at one moment.</summary>
internal sealed record RowSnapshot(Row[] Rows, int Count, long Version)
{
    private const int RowsBetweenChecks = 1024;

    /// <summary>The rows that are in one of the partitions and meet the condition, in the order of their insertion.</summary>
    /// <exception cref="OperationCanceledException">The caller has left or its deadline has passed.</exception>
    public IEnumerable<Row> Where(IReadOnlySet<long> partitions, Func<Row, bool> condition, CancellationToken cancelled)
    {
        for (var i = 0; i < Count; i++)
        {
            if (i % RowsBetweenChecks == 0)
            {
                cancelled.ThrowIfCancellationRequested();
            }

            var row = Rows[i];
            if (row.IsVisibleAt(Version) && partitions.Contains(row.Partition) && condition(row))
            {
                yield return row;
            }
        }
    }
}
