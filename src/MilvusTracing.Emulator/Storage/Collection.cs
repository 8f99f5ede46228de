using System.Collections.Immutable;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Storage;

/// <summary>A collection: its schema, partitions, indexes, what of it is loaded, and its rows.</summary>
internal sealed class Collection
{
    private readonly Lock _lock = new();
    private readonly TimestampOracle _oracle;
    private ImmutableList<Partition> _partitions;
    private ImmutableList<FieldIndex> _indexes = [];
    private ImmutableHashSet<long> _loaded = [];
    private bool _wholeIsLoaded;
    private int _replicas;
    private long? _growingSegment;
    private ImmutableList<long> _sealedSegments = [];

    public Collection(TimestampOracle oracle, Schema schema, CreateCollectionRequest request)
    {
        _oracle = oracle;
        Schema = schema;
        Id = oracle.Next();
        CreatedAt = oracle.Next();
        Shards = Math.Max(1, request.ShardsNum);
        ConsistencyLevel = request.ConsistencyLevel;
        Properties = [.. request.Properties];
        _partitions = [new(oracle.Next(), Partition.DefaultName, CreatedAt)];
    }

    public long Id { get; }

    public Schema Schema { get; }

    public string Name => Schema.Definition.Name;

    public long CreatedAt { get; }

    public int Shards { get; }

    public ConsistencyLevel ConsistencyLevel { get; }

    public IReadOnlyList<KeyValuePair> Properties { get; }

    public RowStore Rows { get; } = new();

    public IReadOnlyList<Partition> Partitions => Volatile.Read(ref _partitions);

    public IReadOnlyList<FieldIndex> Indexes => Volatile.Read(ref _indexes);

    /// <summary>The name of the first shard's channel, which Milvus's error messages contain.</summary>
    public string Channel => $"emulator-dml_0_{Id}v0";

    public bool IsLoaded => !Volatile.Read(ref _loaded).IsEmpty;

    public bool HasSameDefinition(Collection other) =>
        Schema.Definition.Equals(other.Schema.Definition) && Shards == other.Shards;

    public Partition? FindPartition(string name) => Partitions.FirstOrDefault(partition => partition.Name == name);

    /// <summary>The partition of that name; the default one where it is empty.</summary>
    public Partition GetPartition(string name) =>
        FindPartition(name.Length > 0 ? name : Partition.DefaultName) ?? throw MilvusError.PartitionNotFound(name);

    public bool IsPartitionLoaded(Partition partition) => Volatile.Read(ref _loaded).Contains(partition.Id);

    /// <summary>
    /// The ids of the partitions of these names, or of all loaded ones where there are no names, for a search or query.
    /// </summary>
    public IReadOnlySet<long> PartitionsToRead(IReadOnlyCollection<string> names, string operation)
    {
        var loaded = Volatile.Read(ref _loaded);
        var wanted = names.Select(name => FindPartition(name)?.Id ?? throw MilvusError.Unexpected($"partition name {name} not found")).ToHashSet();
        return loaded.IsEmpty ? throw MilvusError.CollectionNotLoaded(Id)
            : wanted.Count == 0 ? loaded
            : wanted.IsSubsetOf(loaded) ? wanted
            : throw Failed(operation, $"partition not loaded[partition=[{string.Join(' ', wanted)}]]");
    }

    /// <summary>A failure below the proxy, in the words that Milvus puts around it.</summary>
    public MilvusError Failed(string operation, string reason) =>
        MilvusError.Unexpected($"failed to search/query delegator 1 for channel {Channel}: fail to {operation}, QueryNode ID=1, reason={reason}");

    public void CreatePartition(string name)
    {
        Names.CheckPartition(name);
        lock (_lock)
        {
            if (FindPartition(name) is not null)
            {
                return;
            }

            var partition = new Partition(_oracle.Next(), name, _oracle.Next());
            _partitions = _partitions.Add(partition);
            _loaded = _wholeIsLoaded ? _loaded.Add(partition.Id) : _loaded;
        }
    }

    public void DropPartition(string name)
    {
        lock (_lock)
        {
            if (FindPartition(name) is not { } partition)
            {
                return;
            }

            MilvusError.RefuseIf(IsPartitionLoaded(partition), "partition cannot be dropped, partition is loaded, please release it first");
            MilvusError.RefuseIf(name == Partition.DefaultName, "default partition cannot be deleted");
            _partitions = _partitions.Remove(partition);
            var dropped = new HashSet<long> { partition.Id };
            Rows.Delete([.. Rows.Snapshot().Where(dropped, _ => true, CancellationToken.None).Select(row => row.Key)], dropped);
        }
    }

    public void CreateIndex(string fieldName, string name, IEnumerable<KeyValuePair> parameters)
    {
        lock (_lock)
        {
            var field = Schema.Find(fieldName) ?? throw MilvusError.Unexpected($"cannot create index on non-exist field: {fieldName}");
            var index = FieldIndex.Create(_oracle.Next(), name, field, parameters);
            if (_indexes.FirstOrDefault(existing => existing.Name == index.Name) is { } same)
            {
                MilvusError.RefuseIf(!same.Matches(index), "CreateIndex failed: at most one distinct index is allowed per field");
                return;
            }

            MilvusError.RefuseIf(_indexes.Any(existing => existing.Field == field), "CreateIndex failed: creating multiple indexes on same field is not supported");
            _indexes = _indexes.Add(index);
        }
    }

    /// <summary>Drops the index of that name, or where it is empty, of that field; there may be none.</summary>
    public void DropIndex(string fieldName, string name)
    {
        lock (_lock)
        {
            MilvusError.RefuseIf(IsLoaded, "index cannot be dropped, collection is loaded, please release it first");
            _indexes = _indexes.RemoveAll(index => name.Length > 0 ? index.Name == name : index.Field.Name == fieldName);
        }
    }

    public void Load(int replicas)
    {
        lock (_lock)
        {
            CheckLoadable(replicas);
            _loaded = [.. _partitions.Select(partition => partition.Id)];
            _wholeIsLoaded = true;
        }
    }

    public void LoadPartitions(IEnumerable<string> names, int replicas)
    {
        lock (_lock)
        {
            CheckLoadable(replicas);
            _loaded = _loaded.Union(names.Select(name => GetPartition(name).Id));
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _loaded = [];
            _wholeIsLoaded = false;
        }
    }

    public void ReleasePartitions(IEnumerable<string> names)
    {
        lock (_lock)
        {
            _loaded = _loaded.Except(names.Select(name => GetPartition(name).Id));
            _wholeIsLoaded = false;
        }
    }

    /// <summary>Stores rows of one partition; with an upsert, in the place of those that have their keys there.</summary>
    public void Write(Partition partition, IReadOnlyList<Row> rows, bool isUpsert)
    {
        lock (_lock)
        {
            partition.GrowingRows += rows.Count;
            _growingSegment ??= _oracle.Next();
        }

        Rows.Write(rows, isUpsert);
    }

    /// <summary>Ends the segment that grows; the ids of the one that this ended, if any, and of those ended before.</summary>
    public (IReadOnlyList<long> Ended, IReadOnlyList<long> Before) Flush()
    {
        lock (_lock)
        {
            var before = _sealedSegments;
            if (_growingSegment is not { } segment)
            {
                return ([], before);
            }

            _growingSegment = null;
            _partitions.ForEach(partition => partition.Flush());
            _sealedSegments = before.Add(segment);
            return ([segment], before);
        }
    }

    private void CheckLoadable(int replicas)
    {
        if (!_indexes.Any(index => index.Field.IsVector))
        {
            throw MilvusError.IndexNotFoundInCollection(Name);
        }

        replicas = Math.Max(1, replicas);
        if (!IsLoaded)
        {
            _replicas = replicas;
        }
        else if (replicas != _replicas)
        {
            throw MilvusError.InvalidParameter("can't change the replica number for loaded collection", $"{_replicas}", $"{replicas}");
        }
    }
}
