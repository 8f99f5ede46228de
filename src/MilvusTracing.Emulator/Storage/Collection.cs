using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;

namespace MilvusTracing.Emulator.Storage;

/// <summary>A collection: its schema, indexes and rows. It is safe for concurrent use.</summary>
internal sealed class Collection
{
    private const string DefaultPartition = "_default";

    private readonly Lock _lock = new();
    private readonly TimestampOracle _oracle;
    private readonly List<FieldIndex> _indexes = [];
    private readonly List<Row> _rows = [];
    private readonly List<long> _sealedSegments = [];
    private Row[]? _snapshot;
    private long? _growingSegment;
    private long _growingRows;
    private long _flushedRows;
    private volatile bool _isLoaded;

    public Collection(TimestampOracle oracle, Schema schema, CreateCollectionRequest request)
    {
        _oracle = oracle;
        Schema = schema;
        Id = oracle.Next();
        CreatedAt = oracle.Next();
        Shards = Math.Max(1, request.ShardsNum);
        ConsistencyLevel = request.ConsistencyLevel;
        Properties = [.. request.Properties];
    }

    public long Id { get; }

    public Schema Schema { get; }

    public string Name => Schema.Definition.Name;

    public long CreatedAt { get; }

    public int Shards { get; }

    public ConsistencyLevel ConsistencyLevel { get; }

    public IReadOnlyList<KeyValuePair> Properties { get; }

    public bool IsLoaded => _isLoaded;

    /// <summary>The number of rows inserted before the last flush. Like Milvus's, it includes deleted rows.</summary>
    public long FlushedRows => Volatile.Read(ref _flushedRows);

    public IReadOnlyList<FieldIndex> Indexes
    {
        get
        {
            lock (_lock)
            {
                return [.. _indexes];
            }
        }
    }

    public bool HasSameDefinition(Collection other) => Schema.Definition.Equals(other.Schema.Definition) && Shards == other.Shards;

    /// <exception cref="MilvusError">One of the partitions is not the default one.</exception>
    public static void CheckPartitions(params IEnumerable<string> names)
    {
        if (names.FirstOrDefault(name => name is not ("" or DefaultPartition)) is { } unknown)
        {
            throw MilvusError.PartitionNotFound(unknown);
        }
    }

    /// <exception cref="MilvusError">The collection is not loaded.</exception>
    public void ThrowIfNotLoaded(string messagePrefix = "")
    {
        if (!IsLoaded)
        {
            throw MilvusError.CollectionNotLoaded(Id).WithPrefix(messagePrefix);
        }
    }

    public void CreateIndex(CreateIndexRequest request)
    {
        var field = Schema.Find(request.FieldName) ?? throw MilvusError.Unexpected($"cannot create index on non-exist field: {request.FieldName}");
        var index = FieldIndex.Create(_oracle.Next(), field, request);
        lock (_lock)
        {
            var existing = _indexes.Find(other => other.Name == index.Name || other.Field == field);
            MilvusError.ThrowIf(existing?.Matches(index) is false, "CreateIndex failed: at most one distinct index is allowed per field");
            if (existing is null)
            {
                _indexes.Add(index);
            }
        }
    }

    /// <summary>Drops the index of that name, or for an empty name, the index of that field. Does nothing where there is none.</summary>
    public void DropIndex(string fieldName, string name)
    {
        lock (_lock)
        {
            MilvusError.ThrowIf(IsLoaded, "index cannot be dropped, collection is loaded, please release it first");
            _indexes.RemoveAll(index => name.Length > 0 ? index.Name == name : index.Field.Name == fieldName);
        }
    }

    public void Load(int replicas)
    {
        MilvusError.ThrowIf(replicas > 1, $"the Milvus emulator loads one replica, but replica_number is {replicas}");
        _isLoaded = Indexes.Any(index => index.Field.IsVector) ? true : throw MilvusError.IndexNotFoundInCollection(Name);
    }

    public void Release() => _isLoaded = false;

    /// <summary>Adds rows. An upsert first removes the rows that have the same primary keys.</summary>
    public void Write(IReadOnlyList<Row> rows, bool isUpsert)
    {
        lock (_lock)
        {
            if (isUpsert)
            {
                Delete(rows.Select(row => row.Key));
            }

            _rows.AddRange(rows);
            _snapshot = null;
            _growingRows += rows.Count;
            _growingSegment ??= _oracle.Next();
        }
    }

    /// <summary>Deletes the rows that have one of the primary keys.</summary>
    public void Delete(IEnumerable<object> keys)
    {
        var deleted = keys.ToHashSet();
        lock (_lock)
        {
            _rows.RemoveAll(row => deleted.Contains(row.Key));
            _snapshot = null;
        }
    }

    /// <summary>
    /// Returns the rows that meet the condition, in the order of their insertion. Writes during the enumeration have no effect
    /// on it.
    /// </summary>
    /// <exception cref="OperationCanceledException">The client canceled the call, or its deadline expired.</exception>
    public IEnumerable<Row> Find(Func<Row, bool> condition, CancellationToken cancellationToken)
    {
        Row[] rows;
        lock (_lock)
        {
            rows = _snapshot ??= [.. _rows];
        }

        return rows.Where(row =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return condition(row);
        });
    }

    /// <summary>Seals the growing segment. Returns its ID, if there is one, and the IDs of the segments sealed before.</summary>
    public (IReadOnlyList<long> SealedNow, IReadOnlyList<long> SealedBefore) Flush()
    {
        lock (_lock)
        {
            long[] sealedBefore = [.. _sealedSegments];
            long[] sealedNow = _growingSegment is { } segment ? [segment] : [];
            _sealedSegments.AddRange(sealedNow);
            _growingSegment = null;
            _flushedRows += _growingRows;
            _growingRows = 0;
            return (sealedNow, sealedBefore);
        }
    }
}

/// <summary>An entity.</summary>
/// <param name="Key">The primary key.</param>
/// <param name="Values">
/// The values in the order of the schema's fields: bool, long for every integer type, float, double, string,
/// <see cref="JsonValue"/> or float[].
/// </param>
internal sealed record Row(object Key, object[] Values)
{
    public object this[Field field] => Values[field.Ordinal];
}
