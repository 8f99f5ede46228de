using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    public override Task<Status> CreatePartition(PartitionRequest request, ServerCallContext context) =>
        Run("CreatePartition", RootCoord, request.DbName, request.CollectionName, collection => collection.CreatePartition(request.PartitionName));

    public override Task<Status> DropPartition(PartitionRequest request, ServerCallContext context) =>
        Run("DropPartition", RootCoord, request.DbName, request.CollectionName, collection => collection.DropPartition(request.PartitionName));

    public override Task<BoolResponse> HasPartition(PartitionRequest request, ServerCallContext context) =>
        Run("HasPartition", RootCoord, request.DbName, request.CollectionName, collection => new BoolResponse
        {
            Status = new(),
            Value = collection.FindPartition(request.PartitionName) is not null,
        });

    public override Task<ShowPartitionsResponse> ShowPartitions(ShowPartitionsRequest request, ServerCallContext context) =>
        Run("ShowPartitions", "ShowPartitionTask", () => tracer.Coordinate(RootCoord, "ShowPartitions", () =>
        {
            var collection = catalog.Get(request.DbName, request.CollectionName);
            var response = new ShowPartitionsResponse { Status = new() };
            foreach (var partition in collection.Partitions)
            {
                response.PartitionNames.Add(partition.Name);
                response.PartitionIDs.Add(partition.Id);
                response.CreatedTimestamps.Add((ulong)partition.CreatedAt);
                response.CreatedUtcTimestamps.Add(TimestampOracle.ToUnixMilliseconds(partition.CreatedAt));
                if (request.Type is ShowType.InMemory)
                {
                    response.InMemoryPercentages.Add(collection.IsPartitionLoaded(partition) ? Complete : 0);
                }
            }

            return response;
        }));

    public override Task<StatisticsResponse> GetPartitionStatistics(PartitionRequest request, ServerCallContext context) =>
        Run("GetPartitionStatistics", DataCoord, request.DbName, request.CollectionName, collection => RowCount([collection.GetPartition(request.PartitionName)]));

    public override Task<Status> LoadPartitions(PartitionsRequest request, ServerCallContext context) =>
        Run("LoadPartitions", QueryCoord, request.DbName, request.CollectionName, collection => collection.LoadPartitions(Required(request), request.ReplicaNumber));

    public override Task<Status> ReleasePartitions(PartitionsRequest request, ServerCallContext context) =>
        Run("ReleasePartitions", QueryCoord, request.DbName, request.CollectionName, collection => collection.ReleasePartitions(Required(request)));

    private static IEnumerable<string> Required(PartitionsRequest request) => request.PartitionNames.Count > 0
        ? request.PartitionNames
        : throw MilvusError.InvalidParameter("due to no partition specified", "any partition", "empty partition list");
}
