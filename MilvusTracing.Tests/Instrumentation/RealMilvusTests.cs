using System.Data.Common;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Instrumentation.Protocol;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans of calls to a real Milvus.</summary>
[Collection(RealServers.Collection)]
public sealed class RealMilvusTests : IDisposable
{
    private const int Dimension = 4;

    private static readonly DbConnectionStringBuilder Connection = new() { ConnectionString = RealServers.Milvus };

    private readonly Telemetry _telemetry = new(Address);
    private readonly MilvusClient _client = new(Address, apiKey: (string)Connection["Key"]);

    private static Uri Address => new((string)Connection["Endpoint"]);

    public void Dispose()
    {
        _client.Dispose();
        _telemetry.Dispose();
    }

    [RequiresFact(Capability.Servers)]
    public async Task Rows_and_errors_of_Milvus_are_recorded()
    {
        var collection = $"milvus_tracing_{Guid.NewGuid():N}";
        var books = _client.GetCollection(collection);

        await Should.ThrowAsync<MilvusException>(SearchAsync(books, Dimension));
        await _client.CreateCollectionAsync(
            collection, [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", Dimension)]);
        await books.CreateIndexAsync("vector", IndexType.Flat, SimilarityMetricType.L2);
        await books.LoadAsync();
        await books.WaitForCollectionLoadAsync();
        await books.InsertAsync(
        [
            FieldData.Create("id", new long[] { 1, 2, 3 }),
            FieldData.CreateFloatVector("vector", [new float[Dimension], new float[Dimension], new float[Dimension]]),
        ]);
        await SearchAsync(books, Dimension);
        var wrong = await Should.ThrowAsync<MilvusException>(SearchAsync(books, Dimension + 1));
        await books.DropAsync();

        _telemetry.Spans.Single(span => span.DisplayName == $"insert {collection}").GetTagItem("milvus.insert.row_count").ShouldBe(3L);
        var searches = _telemetry.Spans.Where(span => span.DisplayName == $"search {collection}").ToList();
        searches.Select(span => span.Status).ShouldBe([ActivityStatusCode.Error, ActivityStatusCode.Unset, ActivityStatusCode.Error]);
        searches[0].GetTagItem("error.type").ShouldBe("100");
        searches[0].GetTagItem("db.response.status_code").ShouldBe("100");
        searches[0].StatusDescription.ShouldNotBeNull().ShouldContain("collection not found");
        searches[1].GetTagItem("milvus.search.top_k").ShouldBe(2L);
        searches[1].GetTagItem("db.response.returned_rows").ShouldBe(2L);
        searches[2].GetTagItem("db.response.status_code").ShouldBe($"{(int)wrong.ErrorCode}");
        searches[2].StatusDescription.ShouldNotBeNull().ShouldContain("vector dimension mismatch");
        _telemetry.Durations.ShouldContain(point => point.Attributes.GetValueOrDefault("db.response.status_code") as string == "100");
    }

    [RequiresFact(Capability.Servers)]
    public async Task The_span_of_every_RPC_has_the_status_of_its_response()
    {
        using var channel = GrpcChannel.ForAddress(Address);
        foreach (var method in MilvusMethod.All.Where(method => method.Name is not ("FlushAll" or "CreateCollection" or "BackupRBAC" or "RestoreRBAC")))
        {
            var (code, grpcStatus) = (0, default(StatusCode?));
            try
            {
                var status = new StatusReader();
                var collection = method.Request.Collection is 0 ? 15 : method.Request.Collection;
                status.Read(await channel.CallAsync(method.Name, Message((collection, "no_such_collection"))));
                code = status.Code;
            }
            catch (RpcException exception)
            {
                // An old Milvus does not implement all RPCs.
                grpcStatus = exception.StatusCode;
            }

            var span = _telemetry.Spans[^1];
            span.DisplayName.ShouldStartWith(method.Operation);
            span.GetTagItem("db.response.status_code").ShouldBe(code == 0 ? null : $"{code}", method.Name);
            (span.Status == ActivityStatusCode.Error).ShouldBe(code != 0 || grpcStatus is not null, method.Name);
            span.GetTagItem("db.collection.name").ShouldBe(method.Request.Collection > 0 ? "no_such_collection" : null);
        }
    }

    private static Task<SearchResults> SearchAsync(MilvusCollection collection, int dimension) =>
        collection.SearchAsync<float>(
            "vector", [new float[dimension]], SimilarityMetricType.L2, limit: 2, new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong });
}
