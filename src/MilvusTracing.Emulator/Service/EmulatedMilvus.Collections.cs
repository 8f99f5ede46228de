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
    private const int Complete = 100; // percent: loading and indexing finish before their calls return

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
        var database = Catalog.DatabaseName(request.DbName);
        try
        {
            return Run("DescribeCollection", "DescribeCollectionTask", () => tracer.Coordinate(RootCoord, "DescribeCollection", () => Describe(
                catalog.Find(database, request.CollectionName) ?? throw MilvusError.CannotFindCollection(database, request.CollectionName))));
        }
        catch (MilvusError error)
        {
            // Clients read the schema before they read the status.
            return Task.FromResult(new DescribeCollectionResponse
            {
                Status = error.ToStatus(),
                Schema = new(),
                CollectionName = request.CollectionName,
                DbName = database,
            });
        }
    }

    public override Task<ShowCollectionsResponse> ShowCollections(ShowCollectionsRequest request, ServerCallContext context) =>
        Run("ShowCollections", "ShowCollectionTask", () => tracer.Coordinate(RootCoord, "ShowCollections", () =>
        {
            var response = new ShowCollectionsResponse { Status = new() };
            var loadedOnly = request.Type is ShowType.InMemory;
            foreach (var collection in catalog.List(request.DbName).Where(collection => collection.IsLoaded || !loadedOnly))
            {
                response.CollectionNames.Add(collection.Name);
                response.CollectionIds.Add(collection.Id);
                response.CreatedTimestamps.Add((ulong)collection.CreatedAt);
                response.CreatedUtcTimestamps.Add(TimestampOracle.ToUnixMilliseconds(collection.CreatedAt));
                if (loadedOnly)
                {
                    response.InMemoryPercentages.Add(Complete);
                    response.QueryServiceAvailable.Add(true);
                }
            }

            return response;
        }));

    public override Task<StatisticsResponse> GetCollectionStatistics(CollectionRequest request, ServerCallContext context) =>
        Run("GetCollectionStatistics", DataCoord, request.DbName, request.CollectionName, collection => RowCount(collection.FlushedRows));

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
            return collection.IsLoaded
                ? new GetLoadingProgressResponse { Status = new(), Progress = Complete, RefreshProgress = Complete }
                : throw MilvusError.CollectionNotLoaded(collection.Id);
        }));
    }

    public override Task<GetLoadStateResponse> GetLoadState(GetLoadStateRequest request, ServerCallContext context)
    {
        using var proxy = tracer.Start("Proxy-GetLoadState");
        return Task.FromResult(tracer.Coordinate(QueryCoord, "ShowCollections", () => new GetLoadStateResponse
        {
            Status = new(),
            State = catalog.Find(request.DbName, request.CollectionName) switch
            {
                null => LoadState.NotExist,
                { IsLoaded: true } => LoadState.Loaded,
                _ => LoadState.NotLoad,
            },
        }));
    }

    private static DescribeCollectionResponse Describe(Collection collection) => new()
    {
        Status = new(),
        Schema = collection.Schema.Definition,
        CollectionID = collection.Id,
        CollectionName = collection.Name,
        DbName = Catalog.DefaultDatabase,
        ShardsNum = collection.Shards,
        ConsistencyLevel = collection.ConsistencyLevel,
        NumPartitions = 1,
        Properties = { collection.Properties },
        VirtualChannelNames = { $"emulator-dml_0_{collection.Id}v0" },
        CreatedTimestamp = (ulong)collection.CreatedAt,
        CreatedUtcTimestamp = TimestampOracle.ToUnixMilliseconds(collection.CreatedAt),
        UpdateTimestamp = (ulong)collection.CreatedAt,
    };

    private static StatisticsResponse RowCount(long rows) => new()
    {
        Status = new(),
        Stats = { new KeyValuePair { Key = "row_count", Value = $"{rows}" } },
    };
}
