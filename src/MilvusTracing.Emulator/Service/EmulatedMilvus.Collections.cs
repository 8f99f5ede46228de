using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;
using KeyValuePair = MilvusTracing.Emulator.Protos.KeyValuePair;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    private const int Complete = 100; // percent: loading and indexing are done when their calls return

    public override Task<Status> CreateCollection(CreateCollectionRequest request, ServerCallContext context) =>
        Run("CreateCollection", "CreateCollectionTask", () => Coordinate(RootCoord, "CreateCollection", () => catalog.Create(request)));

    public override Task<Status> DropCollection(CollectionRequest request, ServerCallContext context) =>
        Run("DropCollection", "DropCollectionTask", () =>
            Coordinate(RootCoord, "DropCollection", () => catalog.Drop(request.DbName, request.CollectionName)));

    public override Task<BoolResponse> HasCollection(CollectionRequest request, ServerCallContext context) =>
        Run("HasCollection", "HasCollectionTask", () => tracer.Coordinate(RootCoord, "HasCollection", () => new BoolResponse
        {
            Status = new(),
            Value = catalog.Find(request.DbName, request.CollectionName) is not null,
        }));

    public override Task<DescribeCollectionResponse> DescribeCollection(DescribeCollectionRequest request, ServerCallContext context)
    {
        try
        {
            return Run("DescribeCollection", "DescribeCollectionTask", () =>
                tracer.Coordinate(RootCoord, "DescribeCollection", () => Describe(Described(request))));
        }
        catch (MilvusError error)
        {
            // Clients read the schema before they read the status.
            return Task.FromResult(new DescribeCollectionResponse
            {
                Status = error.ToStatus(),
                Schema = new(),
                CollectionName = request.CollectionName,
                DbName = Catalog.DatabaseName(request.DbName),
            });
        }
    }

    public override Task<ShowCollectionsResponse> ShowCollections(ShowCollectionsRequest request, ServerCallContext context) =>
        Run("ShowCollections", "ShowCollectionTask", () => tracer.Coordinate(RootCoord, "ShowCollections", () =>
        {
            Catalog.CheckDatabase(request.DbName);
            var response = new ShowCollectionsResponse { Status = new() };
            foreach (var collection in Listed(request))
            {
                response.CollectionNames.Add(collection.Name);
                response.CollectionIds.Add(collection.Id);
                response.CreatedTimestamps.Add((ulong)collection.CreatedAt);
                response.CreatedUtcTimestamps.Add(TimestampOracle.ToUnixMilliseconds(collection.CreatedAt));
                if (request.Type is ShowType.InMemory)
                {
                    response.InMemoryPercentages.Add(Complete);
                    response.QueryServiceAvailable.Add(true);
                }
            }

            return response;
        }));

    public override Task<StatisticsResponse> GetCollectionStatistics(CollectionRequest request, ServerCallContext context) =>
        Run("GetCollectionStatistics", DataCoord, request.DbName, request.CollectionName, collection => RowCount(collection.Partitions));

    public override Task<Status> LoadCollection(CollectionRequest request, ServerCallContext context) =>
        Run("LoadCollection", QueryCoord, request.DbName, request.CollectionName, collection => collection.Load(request.ReplicaNumber));

    public override Task<Status> ReleaseCollection(CollectionRequest request, ServerCallContext context) =>
        Run("ReleaseCollection", QueryCoord, request.DbName, request.CollectionName, collection => collection.Release());

    public override Task<GetLoadingProgressResponse> GetLoadingProgress(GetLoadStateRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-GetLoadingProgress");
        return Task.FromResult(tracer.Coordinate(QueryCoord, "ShowCollections", () =>
        {
            var collection = catalog.Get(request.DbName, request.CollectionName);
            var missing = request.PartitionNames.Select(collection.GetPartition).FirstOrDefault(partition => !collection.IsPartitionLoaded(partition));
            return missing is not null ? throw MilvusError.PartitionNotLoaded(missing.Id)
                : !collection.IsLoaded ? throw MilvusError.CollectionNotLoaded(collection.Id)
                : new GetLoadingProgressResponse { Status = new(), Progress = Complete, RefreshProgress = Complete };
        }));
    }

    public override Task<GetLoadStateResponse> GetLoadState(GetLoadStateRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-GetLoadState");
        return Task.FromResult(tracer.Coordinate(QueryCoord, "ShowCollections", () =>
        {
            var state = catalog.Find(request.DbName, request.CollectionName) is not { } collection ? LoadState.NotExist
                : collection.IsLoaded && request.PartitionNames.Select(collection.GetPartition).ToList().TrueForAll(collection.IsPartitionLoaded) ? LoadState.Loaded
                : LoadState.NotLoad;
            return new GetLoadStateResponse { Status = new(), State = state };
        }));
    }

    private Collection Described(DescribeCollectionRequest request) => request is { CollectionName: "", CollectionID: not 0 }
        ? catalog.Find(request.CollectionID) ?? throw MilvusError.CannotFindCollection(request.CollectionID)
        : catalog.Find(request.DbName, request.CollectionName)
            ?? throw MilvusError.CannotFindCollection(Catalog.DatabaseName(request.DbName), request.CollectionName);

    private static DescribeCollectionResponse Describe(Collection collection) => new()
    {
        Status = new(),
        Schema = collection.Schema.Definition,
        CollectionID = collection.Id,
        CollectionName = collection.Name,
        DbName = Catalog.DefaultDatabase,
        ShardsNum = collection.Shards,
        ConsistencyLevel = collection.ConsistencyLevel,
        NumPartitions = collection.Partitions.Count,
        Properties = { collection.Properties },
        VirtualChannelNames = { collection.Channel },
        CreatedTimestamp = (ulong)collection.CreatedAt,
        CreatedUtcTimestamp = TimestampOracle.ToUnixMilliseconds(collection.CreatedAt),
        UpdateTimestamp = (ulong)collection.CreatedAt,
    };

    private IEnumerable<Collection> Listed(ShowCollectionsRequest request)
    {
        if (request.Type is not ShowType.InMemory)
        {
            return catalog.Collections;
        }

        return request.CollectionNames.Count == 0
            ? catalog.Collections.Where(collection => collection.IsLoaded)
            : request.CollectionNames.Select(name => catalog.Get(request.DbName, name))
                .Select(collection => collection.IsLoaded ? collection : throw MilvusError.CollectionNotLoaded(collection.Id));
    }

    private static StatisticsResponse RowCount(IEnumerable<Partition> partitions) => new()
    {
        Status = new(),
        Stats = { new KeyValuePair { Key = "row_count", Value = $"{partitions.Sum(partition => partition.FlushedRows)}" } },
    };
}
