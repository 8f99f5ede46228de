using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    public override Task<MutationResult> Insert(InsertRequest request, ServerCallContext context) =>
        Write("Insert", request, isUpsert: false);

    public override Task<MutationResult> Upsert(InsertRequest request, ServerCallContext context) =>
        Write("Upsert", request, isUpsert: true);

    public override Task<MutationResult> Delete(DeleteRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-Delete");
        var timestamp = Timestamp();
        var collection = catalog.Find(request.DbName, request.CollectionName)
            ?? throw MilvusError.CollectionNotFound(Catalog.DatabaseName(request.DbName), request.CollectionName).During("Failed to get collection id: ");
        var partition = request.PartitionName.Length == 0 ? null : collection.FindPartition(request.PartitionName)
            ?? throw MilvusError.PartitionNotFound(request.PartitionName).During("Failed to get partition id: ");
        var filter = Filter(collection, request);
        IReadOnlySet<long> partitions = (partition is null ? collection.Partitions : [partition]).Select(one => one.Id).ToHashSet();

        // Milvus takes the keys where the filter is nothing else, and need not look; else it has to be loaded.
        var keys = filter.Keys ?? KeysOf(collection, filter, partitions, context);
        return Task.FromResult(InTask("DeleteTask", () =>
        {
            using var execution = tracer.Start("Proxy-Delete-Execute");
            using var message = tracer.Start("SendMsg");
            collection.Rows.Delete(keys, partitions); // a key that was found goes with all rows that have it
            return new MutationResult { Status = new(), IDs = new(), DeleteCnt = keys.Count, Timestamp = (ulong)timestamp };
        }));
    }

    public override Task<FlushResponse> Flush(FlushRequest request, ServerCallContext context) => Run("Flush", "FlushTask", () =>
    {
        var collections = request.CollectionNames.Select(name => catalog.Get(request.DbName, name)).ToList();
        var response = new FlushResponse { Status = new(), DbName = Catalog.DefaultDatabase };
        foreach (var collection in collections)
        {
            Coordinate(DataCoord, "Flush", () =>
            {
                var (ended, before) = collection.Flush();
                var timestamp = Timestamp();
                response.CollSegIDs[collection.Name] = new() { Data = { ended } };
                response.FlushCollSegIDs[collection.Name] = new() { Data = { before } };
                response.CollSealTimes[collection.Name] = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
                response.CollFlushTs[collection.Name] = (ulong)timestamp;
            });
        }

        return response;
    });

    public override Task<GetFlushStateResponse> GetFlushState(GetFlushStateRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-GetFlushState");
        return Task.FromResult(tracer.Coordinate(DataCoord, "GetFlushState", () => new GetFlushStateResponse { Status = new(), Flushed = true }));
    }

    private Task<MutationResult> Write(string operation, InsertRequest request, bool isUpsert)
    {
        try
        {
            return Run(operation, $"{operation}Task", () => WriteRows(operation, request, isUpsert));
        }
        catch (MilvusError error)
        {
            // A count that no request of the allowed size can have is not worth a list of its own.
            const int mostFailures = 100_000;
            return Task.FromResult(new MutationResult { Status = error.ToStatus(), ErrIndex = { Indices((int)Math.Min(request.NumRows, mostFailures)) } });
        }
    }

    private MutationResult WriteRows(string operation, InsertRequest request, bool isUpsert)
    {
        Collection collection;
        Partition partition;
        IReadOnlyList<Row> rows;
        using (tracer.Start($"Proxy-{operation}-PreExecute"))
        {
            collection = catalog.Get(request.DbName, request.CollectionName);
            if (isUpsert && collection.Schema.Key.Definition.AutoID)
            {
                throw MilvusError.InvalidParameter($"upsert can not assign primary field data when auto id enabled {collection.Schema.Key.Name}");
            }

            partition = collection.GetPartition(request.PartitionName);
            rows = ColumnReader.Read(collection.Schema, request, partition.Id, oracle.Next);
        }

        using var execution = tracer.Start($"Proxy-{operation}-Execute");
        using (tracer.Start("SendMsg"))
        {
            collection.Write(partition, rows, isUpsert);
        }

        return new()
        {
            Status = new(),
            IDs = ColumnWriter.Keys(collection.Schema.Key, rows),
            SuccIndex = { Indices(rows.Count) },
            InsertCnt = rows.Count,
            DeleteCnt = isUpsert ? rows.Count : 0,
            UpsertCnt = isUpsert ? rows.Count : 0,
            Timestamp = (ulong)oracle.Next(),
        };
    }

    private static IEnumerable<uint> Indices(int count) => Enumerable.Range(0, count).Select(i => (uint)i);

    private static CompiledFilter Filter(Collection collection, DeleteRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Expr))
        {
            throw MilvusError.InvalidParameter("invalid expression", "valid expr", "empty expr");
        }

        try
        {
            return FilterCompiler.Compile(request.Expr, collection.Schema);
        }
        catch (FilterException)
        {
            throw MilvusError.Unexpected($"failed to create expr plan, expr = {request.Expr}");
        }
    }

    private IReadOnlyList<object> KeysOf(Collection collection, CompiledFilter filter, IReadOnlySet<long> partitions, ServerCallContext context)
    {
        if (!collection.IsLoaded)
        {
            throw MilvusError.CollectionNotLoaded(collection.Id);
        }

        using var core = tracer.StartInCore("SegCoreRetrieve");
        return [.. collection.Rows.Snapshot().Where(partitions, filter.Condition, context.CancellationToken).Select(row => row.Key)];
    }
}
