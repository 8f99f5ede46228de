using Grpc.Core;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Storage;
using static MilvusTracing.Emulator.Tracing.EmulatorTracer;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Emulator.Service;

internal sealed partial class EmulatedMilvus
{
    public override Task<Status> CreateIndex(CreateIndexRequest request, ServerCallContext context) =>
        Run("CreateIndex", DataCoord, request.DbName, request.CollectionName, collection => collection.CreateIndex(request));

    public override Task<DescribeIndexResponse> DescribeIndex(IndexRequest request, ServerCallContext context) =>
        Run("DescribeIndex", DataCoord, request.DbName, request.CollectionName, collection =>
        {
            var indexes = collection.Indexes.Where(index => request.IndexName.Length == 0 || index.Name == request.IndexName).ToList();
            if (indexes.Count == 0)
            {
                throw request.IndexName.Length == 0
                    ? MilvusError.IndexNotFoundInCollection(collection.Name)
                    : MilvusError.IndexNotFound(request.IndexName);
            }

            return new DescribeIndexResponse
            {
                Status = new(),
                IndexDescriptions =
                {
                    indexes.Select(index => new IndexDescription
                    {
                        IndexName = index.Name,
                        IndexID = index.Id,
                        FieldName = index.Field.Name,
                        Params = { index.Parameters },
                        State = IndexState.Finished,
                        IndexedRows = collection.FlushedRows,
                        TotalRows = collection.FlushedRows,
                    }),
                },
            };
        });

    public override Task<Status> DropIndex(IndexRequest request, ServerCallContext context) =>
        Run("DropIndex", DataCoord, request.DbName, request.CollectionName, collection => collection.DropIndex(request.FieldName, request.IndexName));

    public override Task<GetIndexStateResponse> GetIndexState(IndexRequest request, ServerCallContext context) =>
        Run("GetIndexState", DataCoord, request.DbName, request.CollectionName, collection => new GetIndexStateResponse
        {
            Status = new(),
            State = FindIndex(collection, request) is null ? IndexState.None : IndexState.Finished,
        });

    public override Task<GetIndexBuildProgressResponse> GetIndexBuildProgress(IndexRequest request, ServerCallContext context) =>
        Run("GetIndexBuildProgress", DataCoord, request.DbName, request.CollectionName, collection => FindIndex(collection, request) is null
            ? throw MilvusError.IndexNotFound(request.IndexName)
            : new GetIndexBuildProgressResponse { Status = new(), IndexedRows = collection.FlushedRows, TotalRows = collection.FlushedRows });

    private static FieldIndex? FindIndex(Collection collection, IndexRequest request) => collection.Indexes.FirstOrDefault(index =>
        request.IndexName.Length > 0 ? index.Name == request.IndexName : request.FieldName.Length == 0 || index.Field.Name == request.FieldName);
}
