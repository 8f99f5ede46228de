namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// The rows of a collection. Each change makes a new version; a reader keeps the version that it began with, whatever
/// is written meanwhile, and writers never wait for readers.
/// </summary>
internal sealed class RowStore
{
    private const int SmallestCompaction = 1024;

    private readonly Lock _writing = new();
    private readonly Dictionary<object, List<Row>> _byKey = [];
    private int _deleted;
    private volatile RowSnapshot _current = new([], 0, 0);

    public RowSnapshot Snapshot() => _current;

    /// <summary>
    /// Rows with keys that are there already are added beside those, as Milvus does. An upsert replaces what has their
    /// keys in their partition: nothing in another one, and not each other.
    /// </summary>
    public void Write(IReadOnlyList<Row> rows, bool isUpsert)
    {
        lock (_writing)
        {
            var version = _current.Version + 1;
            foreach (var row in isUpsert ? rows : [])
            {
                Delete(row.Key, other => other.Partition == row.Partition, version);
            }

            Publish(rows, version);
        }
    }

    public void Delete(IEnumerable<object> keys, IReadOnlySet<long> partitions)
    {
        lock (_writing)
        {
            var version = _current.Version + 1;
            foreach (var key in keys)
            {
                Delete(key, row => partitions.Contains(row.Partition), version);
            }

            Publish([], version);
        }
    }

    private void Delete(object key, Func<Row, bool> condition, long version)
    {
        if (!_byKey.TryGetValue(key, out var rows))
        {
            return;
        }

        foreach (var row in rows.Where(condition))
        {
            row.DeleteAt(version);
            _deleted++;
        }

        rows.RemoveAll(row => row.IsDeleted);
        if (rows.Count == 0)
        {
            _byKey.Remove(key);
        }
    }

    private void Publish(IReadOnlyList<Row> added, long version)
    {
        var (rows, count) = Room(added.Count);
        foreach (var row in added)
        {
            rows[count++] = row; // past the end of every snapshot that is out
            if (!_byKey.TryGetValue(row.Key, out var same))
            {
                _byKey.Add(row.Key, same = []);
            }

            same.Add(row);
        }

        _current = new(rows, count, version);
    }

    /// <summary>An array with room for so many more rows; without the deleted ones where these are the most.</summary>
    private (Row[] Rows, int Count) Room(int more)
    {
        var (rows, count) = (_current.Rows, _current.Count);
        if (_deleted > SmallestCompaction && _deleted > count / 2)
        {
            rows = [.. rows.AsSpan(0, count).ToArray().Where(row => !row.IsDeleted)];
            count = rows.Length;
            _deleted = 0;
        }

        if (rows.Length < count + more)
        {
            // A copy: the array may be in a snapshot.
            var larger = new Row[Math.Max(count + more, 2 * count)];
            rows.AsSpan(0, count).CopyTo(larger);
            rows = larger;
        }

        return (rows, count);
    }
}
