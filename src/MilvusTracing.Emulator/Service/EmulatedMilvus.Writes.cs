using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Filter;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    public override Task<MutationResult> Insert(InsertRequest request, ServerCallContext context) => Write("Insert", request, isUpsert: false);

    public override Task<MutationResult> Upsert(UpsertRequest request, ServerCallContext context) => Write(
        "Upsert",
        new InsertRequest
        {
            DbName = request.DbName,
            CollectionName = request.CollectionName,
            PartitionName = request.PartitionName,
            FieldsData = { request.FieldsData },
            NumRows = request.NumRows,
        },
        isUpsert: true);

    public override Task<MutationResult> Delete(DeleteRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-Delete");
        var timestamp = Timestamp();
        var collection = catalog.Get(request.DbName, request.CollectionName);
        Collection.CheckPartitions(request.PartitionName);
        var filter = string.IsNullOrWhiteSpace(request.Expr)
            ? throw MilvusError.InvalidParameter("invalid expression", "valid expr", "empty expr")
            : FilterCompiler.Compile(request.Expr, collection.Schema);

        // A filter on the primary key alone needs no search, so the collection need not be loaded.
        var keys = filter.Keys ?? FindKeys(collection, filter, context);
        return Task.FromResult(InTask("DeleteTask", () =>
        {
            using var execution = tracer.Start("Proxy-Delete-Execute");
            using var message = tracer.Start("SendMsg");
            collection.Delete(keys);
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
                var (sealedNow, sealedBefore) = collection.Flush();
                var timestamp = Timestamp();
                response.CollSegIDs[collection.Name] = new() { Data = { sealedNow } };
                response.FlushCollSegIDs[collection.Name] = new() { Data = { sealedBefore } };
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
            const int maxErrors = 100_000; // the client sets the row count: do not let it choose the size of the response
            return Task.FromResult(new MutationResult { Status = error.ToStatus(), ErrIndex = { Indices((int)Math.Min(request.NumRows, maxErrors)) } });
        }
    }

    private MutationResult WriteRows(string operation, InsertRequest request, bool isUpsert)
    {
        Collection collection;
        IReadOnlyList<Row> rows;
        using (tracer.Start($"Proxy-{operation}-PreExecute"))
        {
            collection = catalog.Get(request.DbName, request.CollectionName);
            if (isUpsert && collection.Schema.Key.Definition.AutoID)
            {
                throw MilvusError.InvalidParameter($"upsert can not assign primary field data when auto id enabled {collection.Schema.Key.Name}");
            }

            Collection.CheckPartitions(request.PartitionName);
            rows = ColumnReader.Read(collection.Schema, request, oracle.Next);
        }

        using var execution = tracer.Start($"Proxy-{operation}-Execute");
        using (tracer.Start("SendMsg"))
        {
            collection.Write(rows, isUpsert);
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

    private IReadOnlyList<object> FindKeys(Collection collection, CompiledFilter filter, ServerCallContext context)
    {
        collection.ThrowIfNotLoaded();
        using var core = tracer.StartInCore("SegCoreRetrieve");
        return [.. collection.Find(filter.Condition, context.CancellationToken).Select(row => row.Key)];
    }
}
