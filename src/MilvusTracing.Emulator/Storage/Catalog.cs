using System.Collections.Concurrent;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>The collections of the only database, <c>default</c>.</summary>
internal sealed class Catalog(TimestampOracle oracle)
{
    public const string DefaultDatabase = "default";

    private readonly ConcurrentDictionary<string, Collection> _collections = new();

    public long CreatedAt { get; } = oracle.Next();

    public static string DatabaseName(string name) => name.Length > 0 ? name : DefaultDatabase;

    /// <summary>The collections, oldest first.</summary>
    /// <exception cref="MilvusError">The database is not the default one.</exception>
    public IEnumerable<Collection> List(string database) => DatabaseName(database) == DefaultDatabase
        ? _collections.Values.OrderBy(collection => collection.Id)
        : throw MilvusError.DatabaseNotFound(database);

    /// <summary>Returns the collection, or null where there is none.</summary>
    /// <exception cref="MilvusError">The name is not a valid collection name.</exception>
    public Collection? Find(string database, string name)
    {
        Schema.CheckName("collection", name);
        return DatabaseName(database) == DefaultDatabase ? _collections.GetValueOrDefault(name) : null;
    }

    public Collection Get(string database, string name) =>
        Find(database, name) ?? throw MilvusError.CollectionNotFound(DatabaseName(database), name);

    /// <summary>Creates a collection. Does nothing where one with the same definition exists.</summary>
    public void Create(CreateCollectionRequest request)
    {
        MilvusError.ThrowIf(DatabaseName(request.DbName) != DefaultDatabase, $"database:{request.DbName} not found");
        var created = new Collection(oracle, SchemaReader.Read(request), request);
        var existing = _collections.GetOrAdd(created.Name, created);
        MilvusError.ThrowIf(!existing.HasSameDefinition(created), $"create duplicate collection with different parameters, collection: {created.Name}");
    }

    /// <summary>Drops a collection. Does nothing where there is none.</summary>
    public void Drop(string database, string name)
    {
        if (Find(database, name) is not null)
        {
            _collections.TryRemove(name, out _);
        }
    }
}
