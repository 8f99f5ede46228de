using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Instrumentation.Protocol;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>What the span of a call says.</summary>
[Collection(ProcessWide.Name)]
public sealed class SpanTests : IAsyncLifetime
{
    private MilvusDouble _milvus = null!;

    public async Task InitializeAsync() => _milvus = await MilvusDouble.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Fact]
    public async Task A_search_is_a_client_span_by_the_database_conventions_with_what_was_searched_for()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await client.GetCollection("books").SearchAsync<float>(
            "vector",
            [new float[4], new float[4], new float[4]],
            SimilarityMetricType.Cosine,
            limit: 7,
            new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, OutputFields = { "title", "year" }, Expression = "year > 1999" });

        var span = telemetry.Span;
        span.DisplayName.ShouldBe("search books");
        span.Kind.ShouldBe(ActivityKind.Client);
        span.Status.ShouldBe(ActivityStatusCode.Unset);
        Telemetry.Attributes(span).ShouldBe(
            new Dictionary<string, object?>
            {
                ["db.system.name"] = "milvus",
                ["db.operation.name"] = "search",
                ["db.collection.name"] = "books",
                ["db.namespace"] = "default",
                ["server.address"] = "127.0.0.1",
                ["server.port"] = _milvus.Address.Port,
                ["db.milvus.search.top_k"] = 7L,
                ["db.milvus.search.metric_type"] = "COSINE",
                ["db.milvus.search.consistency_level"] = "Bounded",
                ["db.milvus.search.nq"] = 3L,
                ["db.milvus.search.output_fields"] = 2L,
            },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData(ConsistencyLevel.Strong, "Strong")]
    [InlineData(ConsistencyLevel.Session, "Session")]
    [InlineData(ConsistencyLevel.BoundedStaleness, "Bounded")]
    [InlineData(ConsistencyLevel.Eventually, "Eventually")]
    [InlineData(null, null)]
    public async Task The_consistency_level_is_that_of_the_call_and_missing_where_the_collections_own_applies(ConsistencyLevel? level, string? expected)
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await client.GetCollection("books").SearchAsync<float>(
            "vector", [new float[4]], SimilarityMetricType.L2, limit: 1, new SearchParameters { ConsistencyLevel = level });

        telemetry.Span.GetTagItem("db.milvus.search.consistency_level").ShouldBe(expected);
        telemetry.Span.GetTagItem("db.milvus.search.metric_type").ShouldBe("L2");
    }

    [Fact]
    public async Task A_hybrid_search_says_how_many_hits_it_wants()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("HybridSearch", Message(
            (3, "books"), (5, Message((9, Message((1, "topk"), (2, "99"))))), (6, Message((1, "limit"), (2, "10"))), (10, "title"), (11, 1)));

        telemetry.Span.DisplayName.ShouldBe("hybrid_search books");
        telemetry.Span.GetTagItem("db.milvus.search.top_k").ShouldBe(10L);
        telemetry.Span.GetTagItem("db.milvus.search.consistency_level").ShouldBe("Session");
        telemetry.Span.GetTagItem("db.milvus.search.output_fields").ShouldBe(1L);
    }

    [Theory]
    [InlineData(3, 3L)]
    [InlineData(1, null)] // no batch, by the convention
    public async Task An_insert_says_how_many_rows_it_writes(int rows, long? expected)
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: "shop");

        await client.GetCollection("books").InsertAsync([FieldData.Create("id", (long[])[.. Enumerable.Range(0, rows).Select(row => (long)row)])]);

        telemetry.Span.DisplayName.ShouldBe("insert books");
        telemetry.Span.GetTagItem("db.operation.batch.size").ShouldBe(expected);
        telemetry.Span.GetTagItem("db.namespace").ShouldBe("shop");
    }

    /// <summary>Every RPC that the library looks into, with the field numbers of Milvus's own milvus.proto.</summary>
    [Fact]
    public async Task Every_call_is_named_by_its_operation_and_what_it_is_for()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        foreach (var rpc in MilvusMethod.All)
        {
            var (database, collection) = Fields(rpc.Name);
            // What stands in other fields, as a password does in CreateCredential's third, is nobody's business.
            await channel.CallAsync(rpc.Name, Message([.. Enumerable.Range(1, 8).Select(field
                => (field, (object)(field == database ? "shop" : field == collection ? "books" : $"secret{field}")))]));
            var span = telemetry.Spans[^1];

            span.DisplayName.ShouldBe(
                collection > 0 ? $"{rpc.Operation} books" : database > 0 ? $"{rpc.Operation} shop" : $"{rpc.Operation} {_milvus.Address.Authority}");
            var attributes = Telemetry.Attributes(span);
            attributes["db.operation.name"].ShouldBe(rpc.Operation);
            attributes["db.namespace"].ShouldBe(database > 0 ? "shop" : "default");
            attributes.GetValueOrDefault("db.collection.name").ShouldBe(collection > 0 ? "books" : null);
            span.TagObjects.ShouldAllBe(tag => !$"{tag.Value}".Contains("secret"), rpc.Name);
        }

        MilvusMethod.All.Single(rpc => rpc.Name == "ListCredUsers").Operation.ShouldBe("list_cred_users");
        telemetry.Spans.Count.ShouldBe(MilvusMethod.All.Count());
    }

    [Fact]
    public async Task Calls_of_other_services_stay_as_they_are()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await Should.ThrowAsync<RpcException>(channel.CallAsync("Search/../../other", []));
        await channel.CallAsync("NoSuchMethod", Message((3, "books")));

        telemetry.Spans.ShouldAllBe(span => span.TagObjects.All(tag => !tag.Key.StartsWith("db.")));
        telemetry.Spans[^1].DisplayName.ShouldEndWith("NoSuchMethod");
    }

    [Theory]
    [InlineData(new[] { "books" }, "flush books")]
    [InlineData(new[] { "books", "authors" }, "flush")]
    public async Task A_flush_names_its_collection_if_it_is_one(string[] collections, string name)
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("Flush", Message([.. collections.Select(collection => (3, (object)collection))]));

        telemetry.Span.DisplayName.ShouldBe(name);
    }

    [Fact]
    public async Task The_span_travels_to_Milvus_and_is_a_child_of_the_applications()
    {
        using var telemetry = new Telemetry(_milvus.Address);
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");
        using var order = Telemetry.App.StartActivity("order");

        await client.HasCollectionAsync("books");

        telemetry.Span.ParentSpanId.ShouldBe(order.ShouldNotBeNull().SpanId);
        telemetry.Span.DisplayName.ShouldBe("has_collection books");
    }

    [Fact]
    public async Task Parallel_calls_are_not_mixed_up()
    {
        const int calls = 4_000;
        using var telemetry = new Telemetry(_milvus.Address);
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (call, _) =>
        {
            using var parent = Telemetry.App.StartActivity($"c{call % 8}");
            var collection = client.GetCollection($"c{call % 8}");
            if (call % 2 == 0)
            {
                (await collection.SearchAsync<float>("vector", [new float[16]], SimilarityMetricType.L2, limit: 5)).Scores.Count.ShouldBe(5);
            }
            else
            {
                await collection.LoadAsync();
            }
        });

        telemetry.Spans.Count.ShouldBe(calls);
        telemetry.Spans.ShouldAllBe(span => span.DisplayName.Split(' ', 2)[1] == span.Parent!.OperationName
            && (string?)span.GetTagItem("db.collection.name") == span.Parent.OperationName);
        telemetry.Spans.Count(span => span.DisplayName.StartsWith("search ")).ShouldBe(calls / 2);
    }

    /// <summary>By https://github.com/milvus-io/milvus-proto/blob/master/proto/milvus.proto; 0: none.</summary>
    private static (int Database, int Collection) Fields(string rpc) => rpc switch
    {
        "GetLoadingProgress" or "GetLoadState" => (4, 2),
        "GetFlushState" => (3, 4),
        "ManualCompaction" or "GetReplicas" => (5, 4),
        "LoadBalance" => (6, 5),
        "Import" => (7, 1),
        "ListImportTasks" => (3, 1),
        "CreateDatabase" or "DropDatabase" or "AlterDatabase" or "DescribeDatabase" or "ShowCollections" or "DropAlias" or "DescribeAlias" or "FlushAll" => (2, 0),
        "GetFlushAllState" => (3, 0),
        "CheckHealth" or "GetVersion" or "GetMetrics" or "Connect" or "AllocTimestamp" or "ListDatabases" or "CalcDistance" or "GetImportState"
            or "GetCompactionState" or "GetCompactionStateWithPlans" or "TransferNode" or "TransferReplica" or "RestoreRBAC" or "BackupRBAC" => (0, 0),
        _ when rpc.Contains("Cred") || rpc.Contains("Role") || rpc.Contains("Privilege") || rpc.Contains("ResourceGroup") || rpc.StartsWith("Select") => (0, 0),
        _ => (2, 3),
    };
}
