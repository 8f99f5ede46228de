using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.DependencyInjection;
using Milvus.Client;
using MilvusTracing.Instrumentation.Protocol;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans of successful calls.</summary>
public sealed class SpanTests() : InstrumentationTest(isObserved: true)
{
    [Fact]
    public async Task A_search_is_a_database_client_span_with_its_parameters()
    {
        await Client.GetCollection("books").SearchAsync<float>(
            "vector",
            [new float[4], new float[4], new float[4]],
            SimilarityMetricType.Cosine,
            limit: 7,
            new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, OutputFields = { "title", "year" }, Expression = "year > 1999" });

        var span = Telemetry.Span;
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
                ["server.port"] = Milvus.Address.Port,
                ["milvus.search.top_k"] = 7L,
                ["milvus.search.metric_type"] = "COSINE",
                ["milvus.search.consistency_level"] = "Bounded",
                ["milvus.search.nq"] = 3L,
                ["milvus.search.output_fields.count"] = 2L,
                ["db.response.returned_rows"] = 5L,
                ["milvus.search.score.min"] = 1d,
                ["milvus.search.score.max"] = 5d,
            },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData(ConsistencyLevel.Strong, "Strong")]
    [InlineData(ConsistencyLevel.Session, "Session")]
    [InlineData(ConsistencyLevel.Eventually, "Eventually")]
    [InlineData(null, null)] // that of the collection applies
    public async Task The_consistency_level_is_that_of_the_call(ConsistencyLevel? level, string? expected)
    {
        await SearchAsync(Client, new SearchParameters { ConsistencyLevel = level });

        Telemetry.Span.GetTagItem("milvus.search.consistency_level").ShouldBe(expected);
        Telemetry.Span.GetTagItem("milvus.search.metric_type").ShouldBe("L2");
        Telemetry.Span.GetTagItem("milvus.search.output_fields.count").ShouldBeNull();
    }

    [Fact]
    public async Task A_hybrid_search_has_its_own_limit_and_not_that_of_its_requests()
    {
        await Channel.CallAsync("HybridSearch", Message(
            (3, "books"), (5, Message((9, Message((1, "topk"), (2, "99"))))), (5, Message((3, "books"))),
            (6, Message((1, "strategy"), (2, "rrf"))), (6, Message((1, "limit"), (2, "10"))), (10, "title"), (11, 1)));

        Telemetry.Span.DisplayName.ShouldBe("hybrid_search books");
        Telemetry.Span.GetTagItem("milvus.search.top_k").ShouldBe(10L);
        Telemetry.Span.GetTagItem("milvus.search.ranker").ShouldBe("rrf");
        Telemetry.Span.GetTagItem("milvus.search.requests.count").ShouldBe(2L);
        Telemetry.Span.GetTagItem("milvus.search.consistency_level").ShouldBe("Session");
        Telemetry.Span.GetTagItem("milvus.search.output_fields.count").ShouldBe(1L);
    }

    [Fact]
    public async Task A_search_by_ids_has_their_number()
    {
        await Channel.CallAsync("Search", Message((3, "books"), (22, Message((1, Message((1, new long[] { 1, 300, 70_000 })))))));
        await Channel.CallAsync("Search", Message((3, "books"), (22, Message((2, Message((1, "a"), (1, "b")))))));

        Telemetry.Spans.Select(span => span.GetTagItem("milvus.search.nq")).ShouldBe([3L, 2L]);
    }

    [Fact]
    public async Task A_search_without_hits_returned_0_rows()
    {
        Milvus.Response = _ => Message((1, Message()), (2, Message((1, 1), (2, 10), (6, new long[] { 0 }))));

        await Channel.CallAsync("Search", Message((3, "books")));

        Telemetry.Span.GetTagItem("db.response.returned_rows").ShouldBe(0L);
        Telemetry.Span.GetTagItem("milvus.search.score.max").ShouldBeNull();
    }

    [Fact]
    public async Task The_hits_of_a_large_response_and_of_several_vectors_are_counted()
    {
        Milvus.Response = _ => Message(
            (1, Message()), (2, Message((3, new byte[500_000]), (4, new float[] { 0.5f, -2, 7 }), (5, new byte[500_000]), (6, new long[] { 1, 2 }))));

        await Channel.CallAsync("HybridSearch", Message((3, "books")));

        Telemetry.Span.GetTagItem("db.response.returned_rows").ShouldBe(3L);
        Telemetry.Span.GetTagItem("milvus.search.score.min").ShouldBe(-2d);
        Telemetry.Span.GetTagItem("milvus.search.score.max").ShouldBe(7d);
    }

    [Fact]
    public async Task An_insert_has_its_number_of_rows()
    {
        using var client = new MilvusClient(Milvus.Address, apiKey: "token", database: "shop");

        await client.GetCollection("books").InsertAsync([FieldData.Create("id", new long[] { 1, 2, 3 })]);

        Telemetry.Span.DisplayName.ShouldBe("insert books");
        Telemetry.Span.GetTagItem("milvus.insert.row_count").ShouldBe(3L);
        Telemetry.Span.GetTagItem("db.namespace").ShouldBe("shop");
    }

    /// <summary>The expected field numbers are those of Milvus's milvus.proto.</summary>
    [Fact]
    public async Task Every_RPC_has_its_operation_database_and_collection_and_nothing_else_of_its_request()
    {
        foreach (var method in MilvusMethod.All)
        {
            var (database, collection) = Fields(method.Name);
            // Other fields must not be recorded: field 3 of CreateCredential is a password.
            await Channel.CallAsync(method.Name, Message([.. Enumerable.Range(1, 8).Select(field
                => (field, (object)(field == database ? "shop" : field == collection ? "books" : $"secret{field}")))]));
            var span = Telemetry.Spans[^1];

            span.DisplayName.ShouldBe(
                collection > 0 ? $"{method.Operation} books" : database > 0 ? $"{method.Operation} shop" : $"{method.Operation} {Milvus.Address.Authority}");
            var attributes = Telemetry.Attributes(span);
            attributes["db.operation.name"].ShouldBe(method.Operation);
            attributes.GetValueOrDefault("db.namespace").ShouldBe(database > 0 ? "shop" : null);
            attributes.GetValueOrDefault("db.collection.name").ShouldBe(collection > 0 ? "books" : null);
            span.TagObjects.ShouldAllBe(tag => !$"{tag.Value}".Contains("secret"), method.Name);
        }

        Telemetry.Spans.Count.ShouldBe(MilvusMethod.All.Count());
        Telemetry.Spans.ShouldContain(span => span.DisplayName == $"list_cred_users {Milvus.Address.Authority}");
        Telemetry.Spans.ShouldContain(span => span.DisplayName == $"backup_rbac {Milvus.Address.Authority}");
    }

    [Fact]
    public async Task An_RPC_that_is_not_listed_is_a_database_span_without_its_request()
    {
        Milvus.Response = method => method == "NewInMilvus9" ? Message((1, Status(2200, "bad policy"))) : null;

        await Channel.CallAsync("RunAnalyzer", Message((3, "books")));
        await Channel.CallAsync("NewInMilvus9", []);

        Telemetry.Spans.Select(span => span.DisplayName)
            .ShouldBe([$"run_analyzer {Milvus.Address.Authority}", $"new_in_milvus9 {Milvus.Address.Authority}"]);
        Telemetry.Spans.Select(span => span.GetTagItem("error.type")).ShouldBe([null, "2200"]);
        Telemetry.Spans.ShouldAllBe(span => span.GetTagItem("db.system.name") as string == "milvus" && span.GetTagItem("db.collection.name") == null);
        Telemetry.Durations.Select(point => point.Attributes["db.operation.name"]).ShouldBe(["run_analyzer", "new_in_milvus9"], ignoreOrder: true);
    }

    /// <summary>ComponentStates has a state in field 1, and the response of a replication a time: neither is a status.</summary>
    [Fact]
    public async Task A_response_without_a_status_is_no_error()
    {
        Milvus.Response = method => method == "GetComponentStates" ? Message((1, Message((1, 7), (2, "proxy"), (3, 1)))) : Message((1, Message((1, 7))));

        await Channel.CallAsync("GetComponentStates", []);
        await Channel.CallAsync("CreateReplicateStream", []);

        Telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Unset);
    }

    [Theory]
    [InlineData("milvus.proto.milvus.ClientTelemetryService", "Heartbeat")]
    [InlineData("milvus.proto.milvus.MilvusService", "Search/../../other")]
    [InlineData("milvus.proto.milvus.MilvusService", "Search/other")]
    public async Task Calls_of_other_services_are_unchanged(string service, string method)
    {
        await Should.ThrowAsync<RpcException>(Channel.CallAsync(method, [], service: service));

        Telemetry.Span.TagObjects.ShouldAllBe(tag => !tag.Key.StartsWith("db."));
        Telemetry.Durations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flush_of_several_collections_has_none_of_them()
    {
        await Channel.CallAsync("Flush", Message((3, "books"), (3, "authors")));

        Telemetry.Span.DisplayName.ShouldBe("flush");
    }

    [Fact]
    public async Task The_server_is_the_one_that_load_balancing_chose()
    {
        using var channel = GrpcChannel.ForAddress("static:///milvus", new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = new ServiceCollection()
                .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => [new BalancerAddress(Milvus.Address.Host, Milvus.Address.Port)]))
                .BuildServiceProvider(),
        });

        await channel.CallAsync("CheckHealth", []);

        Telemetry.Span.DisplayName.ShouldBe($"check_health {Milvus.Address.Authority}");
        Telemetry.Span.GetTagItem("server.address").ShouldBe(Milvus.Address.Host);
        Telemetry.Durations.ShouldHaveSingleItem().Attributes["server.address"].ShouldBe(Milvus.Address.Host);
    }

    [Fact]
    public async Task Parallel_calls_are_not_mixed_up()
    {
        const int calls = 4_000;
        await Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (call, _) =>
        {
            using var parent = Telemetry.App.StartActivity($"c{call % 8}");
            var collection = Client.GetCollection($"c{call % 8}");
            if (call % 2 == 0)
            {
                (await collection.SearchAsync<float>("vector", [new float[16]], SimilarityMetricType.L2, limit: 5)).Scores.Count.ShouldBe(5);
            }
            else
            {
                await collection.LoadAsync();
            }
        });

        Telemetry.Spans.Count.ShouldBe(calls);
        Telemetry.Spans.ShouldAllBe(span => span.DisplayName.Split(' ', 2)[1] == span.Parent!.OperationName
            && (string?)span.GetTagItem("db.collection.name") == span.Parent.OperationName);
        Telemetry.Spans.Count(span => span.DisplayName.StartsWith("search ")).ShouldBe(calls / 2);
    }

    /// <summary>The fields of the database and the collection; 0: none.</summary>
    private static (int Database, int Collection) Fields(string method) => method switch
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
        _ when method.Contains("Cred") || method.Contains("Role") || method.Contains("Privilege") || method.Contains("ResourceGroup")
            || method.StartsWith("Select") => (0, 0),
        _ => (2, 3),
    };
}
