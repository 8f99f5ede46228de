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
    private const string Name = "milvus_tracing_books";
    private const int Dimension = 4;

    private static readonly DbConnectionStringBuilder Connection = new() { ConnectionString = RealServers.Milvus };

    private readonly Telemetry _telemetry = new(Address, isMetering: true);
    private readonly MilvusClient _client = new(Address, apiKey: (string)Connection["Key"]);

    private static Uri Address => new((string)Connection["Endpoint"]);

    public void Dispose()
    {
        _client.Dispose();
        _telemetry.Dispose();
    }

    [RequiresFact(Capability.Servers)]
    public async Task Every_call_from_creating_to_dropping_a_collection_is_a_span()
    {
        var books = _client.GetCollection(Name);
        if (await _client.HasCollectionAsync(Name))
        {
            await books.DropAsync();
        }

        var before = _telemetry.Spans.Count;
        await _client.CreateCollectionAsync(
            Name, [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", Dimension)]);
        await books.CreateIndexAsync("vector", IndexType.AutoIndex, SimilarityMetricType.L2);
        await books.LoadAsync();
        await books.WaitForCollectionLoadAsync();
        await books.InsertAsync(
        [
            FieldData.Create("id", new long[] { 1, 2, 3 }),
            FieldData.CreateFloatVector("vector", [new float[Dimension], new float[Dimension], new float[Dimension]]),
        ]);
        var found = await books.SearchAsync<float>(
            "vector", [new float[Dimension]], SimilarityMetricType.L2, limit: 2, new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong });
        var rows = await books.QueryAsync("id > 1", new QueryParameters { ConsistencyLevel = ConsistencyLevel.Strong });
        await books.DeleteAsync("id in [1]");
        await books.DropAsync();
        await _client.HealthAsync();

        found.Scores.Count.ShouldBe(2);
        rows[0].RowCount.ShouldBe(2);
        var spans = _telemetry.Spans.Skip(before).ToList();
        spans.Select(span => span.DisplayName).Where(name => !name.StartsWith("get_loading_progress ")).ShouldBe(
        [
            $"create_collection {Name}", $"create_index {Name}", $"load_collection {Name}", $"insert {Name}", $"search {Name}",
            $"query {Name}", $"delete {Name}", $"drop_collection {Name}", $"check_health {Address.Authority}",
        ]);
        spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Unset && (string?)span.GetTagItem("db.system.name") == "milvus");
        spans.Single(span => span.DisplayName == $"insert {Name}").GetTagItem("milvus.insert.row_count").ShouldBe(3L);
        spans.Single(span => span.DisplayName == $"search {Name}").GetTagItem("milvus.search.top_k").ShouldBe(2L);
    }

    [RequiresFact(Capability.Servers)]
    public async Task Errors_of_Milvus_have_its_code_and_reason()
    {
        var collection = $"{Name}_{Guid.NewGuid():N}";

        await Should.ThrowAsync<MilvusException>(SearchAsync(collection, Dimension));
        await _client.CreateCollectionAsync(
            collection, [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", Dimension)]);
        await _client.GetCollection(collection).CreateIndexAsync("vector", IndexType.Flat, SimilarityMetricType.L2);
        await _client.GetCollection(collection).LoadAsync();
        await _client.GetCollection(collection).WaitForCollectionLoadAsync();
        await _client.GetCollection(collection).InsertAsync(
            [FieldData.Create("id", new long[] { 1 }), FieldData.CreateFloatVector("vector", [new float[Dimension]])]);
        var wrong = await Should.ThrowAsync<MilvusException>(SearchAsync(collection, Dimension + 1));
        await _client.GetCollection(collection).DropAsync();

        var failed = _telemetry.Spans.Where(span => span.Status == ActivityStatusCode.Error).ToList();
        failed.Select(span => span.DisplayName).ShouldBe([$"search {collection}", $"search {collection}"]);
        failed[0].GetTagItem("error.type").ShouldBe("100");
        failed[0].GetTagItem("db.response.status_code").ShouldBe("100");
        failed[0].StatusDescription.ShouldNotBeNull().ShouldContain("collection not found");
        failed[1].GetTagItem("db.response.status_code").ShouldBe($"{(int)wrong.ErrorCode}");
        failed[1].StatusDescription.ShouldNotBeNull().ShouldContain("vector dimension mismatch");
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

    private Task<SearchResults> SearchAsync(string collection, int dimension)
        => _client.GetCollection(collection).SearchAsync<float>(
            "vector", [new float[dimension]], SimilarityMetricType.L2, limit: 2, new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong });
}
