using System.Collections.Concurrent;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>The collections of the one database that the emulator has.</summary>
internal sealed class Catalog(TimestampOracle oracle)
{
    public const string DefaultDatabase = "default";

    private readonly ConcurrentDictionary<string, Collection> _collections = new();

    public long CreatedAt { get; } = oracle.Next();

    public IEnumerable<Collection> Collections => _collections.Values.OrderBy(collection => collection.Id);

    public static string DatabaseName(string name) => name.Length > 0 ? name : DefaultDatabase;

    public static void CheckDatabase(string name)
    {
        if (DatabaseName(name) != DefaultDatabase)
        {
            throw MilvusError.DatabaseNotFound(name);
        }
    }

    /// <summary>The collection of that name, or null; the name has to be one that a collection can have.</summary>
    public Collection? Find(string database, string name)
    {
        Names.CheckCollection(name);
        return DatabaseName(database) == DefaultDatabase ? _collections.GetValueOrDefault(name) : null;
    }

    public Collection? Find(long id) => _collections.Values.FirstOrDefault(collection => collection.Id == id);

    public Collection Get(string database, string name) =>
        Find(database, name) ?? throw MilvusError.CollectionNotFound(DatabaseName(database), name);

    /// <summary>Creating one again that is there with the same definition is no error.</summary>
    public void Create(CreateCollectionRequest request)
    {
        const int maxShards = 16;
        MilvusError.RefuseIf(request.ShardsNum > maxShards, $"maximum shards's number should be limited to {maxShards}");

        var created = new Collection(oracle, SchemaReader.Read(request), request);
        MilvusError.RefuseIf(request.NumPartitions > 0, "num_partitions should only be specified with partition key field enabled");
        MilvusError.RefuseIf(DatabaseName(request.DbName) != DefaultDatabase, $"database:{request.DbName} not found");

        var existing = _collections.GetOrAdd(created.Name, created);
        MilvusError.RefuseIf(!existing.HasSameDefinition(created), $"create duplicate collection with different parameters, collection: {created.Name}");
    }

    /// <summary>Dropping one that is not there is no error.</summary>
    public void Drop(string database, string name)
    {
        if (Find(database, name) is not null)
        {
            _collections.TryRemove(name, out _);
        }
    }
}
