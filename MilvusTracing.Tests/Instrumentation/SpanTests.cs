using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.DependencyInjection;
using Milvus.Client;
using MilvusTracing.Instrumentation.Protocol;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The spans of successful calls.</summary>
[Collection(ProcessWide.Name)]
public sealed class SpanTests : IAsyncLifetime
{
    private FakeMilvus _milvus = null!;
    private Telemetry _telemetry = null!;

    public async Task InitializeAsync()
    {
        _milvus = await FakeMilvus.StartAsync();
        _telemetry = new Telemetry(_milvus.Address);
    }

    public async Task DisposeAsync()
    {
        _telemetry.Dispose();
        await _milvus.DisposeAsync();
    }

    [Fact]
    public async Task A_search_is_a_database_client_span_with_its_parameters()
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await client.GetCollection("books").SearchAsync<float>(
            "vector",
            [new float[4], new float[4], new float[4]],
            SimilarityMetricType.Cosine,
            limit: 7,
            new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, OutputFields = { "title", "year" }, Expression = "year > 1999" });

        var span = _telemetry.Span;
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
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");

        await client.GetCollection("books").SearchAsync<float>(
            "vector", [new float[4]], SimilarityMetricType.L2, limit: 1, new SearchParameters { ConsistencyLevel = level });

        _telemetry.Span.GetTagItem("milvus.search.consistency_level").ShouldBe(expected);
        _telemetry.Span.GetTagItem("milvus.search.metric_type").ShouldBe("L2");
        _telemetry.Span.GetTagItem("milvus.search.output_fields.count").ShouldBeNull();
    }

    [Fact]
    public async Task A_hybrid_search_has_its_own_limit_and_not_that_of_its_requests()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("HybridSearch", Message(
            (3, "books"), (5, Message((9, Message((1, "topk"), (2, "99"))))), (5, Message((3, "books"))),
            (6, Message((1, "strategy"), (2, "rrf"))), (6, Message((1, "limit"), (2, "10"))), (10, "title"), (11, 1)));

        _telemetry.Span.DisplayName.ShouldBe("hybrid_search books");
        _telemetry.Span.GetTagItem("milvus.search.top_k").ShouldBe(10L);
        _telemetry.Span.GetTagItem("milvus.search.ranker").ShouldBe("rrf");
        _telemetry.Span.GetTagItem("milvus.search.requests.count").ShouldBe(2L);
        _telemetry.Span.GetTagItem("milvus.search.consistency_level").ShouldBe("Session");
        _telemetry.Span.GetTagItem("milvus.search.output_fields.count").ShouldBe(1L);
    }

    [Fact]
    public async Task A_search_by_ids_has_their_number()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("Search", Message((3, "books"), (22, Message((1, Message((1, new long[] { 1, 300, 70_000 })))))));
        await channel.CallAsync("Search", Message((3, "books"), (22, Message((2, Message((1, "a"), (1, "b")))))));

        _telemetry.Spans.Select(span => span.GetTagItem("milvus.search.nq")).ShouldBe([3L, 2L]);
    }

    [Fact]
    public async Task A_search_without_hits_returned_0_rows()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        _milvus.Response = _ => Message((1, Message()), (2, Message((1, 1), (2, 10), (6, new long[] { 0 }))));

        await channel.CallAsync("Search", Message((3, "books")));

        _telemetry.Span.GetTagItem("db.response.returned_rows").ShouldBe(0L);
        _telemetry.Span.GetTagItem("milvus.search.score.max").ShouldBeNull();
    }

    [Fact]
    public async Task The_hits_of_a_large_response_and_of_several_vectors_are_counted()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        _milvus.Response = _ => Message(
            (1, Message()), (2, Message((3, new byte[500_000]), (4, new float[] { 0.5f, -2, 7 }), (5, new byte[500_000]), (6, new long[] { 1, 2 }))));

        await channel.CallAsync("HybridSearch", Message((3, "books")));

        _telemetry.Span.GetTagItem("db.response.returned_rows").ShouldBe(3L);
        _telemetry.Span.GetTagItem("milvus.search.score.min").ShouldBe(-2d);
        _telemetry.Span.GetTagItem("milvus.search.score.max").ShouldBe(7d);
    }

    [Theory]
    [InlineData(3, 3L)]
    [InlineData(1, 1L)]
    public async Task An_insert_has_its_number_of_rows(int rows, long expected)
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key", database: "shop");

        await client.GetCollection("books").InsertAsync([FieldData.Create("id", (long[])[.. Enumerable.Range(0, rows).Select(row => (long)row)])]);

        _telemetry.Span.DisplayName.ShouldBe("insert books");
        _telemetry.Span.GetTagItem("milvus.insert.row_count").ShouldBe(expected);
        _telemetry.Span.GetTagItem("db.namespace").ShouldBe("shop");
    }

    /// <summary>The expected field numbers are those of Milvus's milvus.proto.</summary>
    [Fact]
    public async Task Every_RPC_has_its_operation_database_and_collection_and_nothing_else_of_its_request()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        foreach (var method in MilvusMethod.All)
        {
            var (database, collection) = Fields(method.Name);
            // Other fields must not be recorded: field 3 of CreateCredential is a password.
            await channel.CallAsync(method.Name, Message([.. Enumerable.Range(1, 8).Select(field
                => (field, (object)(field == database ? "shop" : field == collection ? "books" : $"secret{field}")))]));
            var span = _telemetry.Spans[^1];

            span.DisplayName.ShouldBe(
                collection > 0 ? $"{method.Operation} books" : database > 0 ? $"{method.Operation} shop" : $"{method.Operation} {_milvus.Address.Authority}");
            var attributes = Telemetry.Attributes(span);
            attributes["db.operation.name"].ShouldBe(method.Operation);
            attributes.GetValueOrDefault("db.namespace").ShouldBe(database > 0 ? "shop" : null);
            attributes.GetValueOrDefault("db.collection.name").ShouldBe(collection > 0 ? "books" : null);
            span.TagObjects.ShouldAllBe(tag => !$"{tag.Value}".Contains("secret"), method.Name);
        }

        _telemetry.Spans.Count.ShouldBe(MilvusMethod.All.Count());
    }

    [Fact]
    public async Task Operations_are_in_snake_case()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("ListCredUsers", []);
        await channel.CallAsync("BackupRBAC", []);

        _telemetry.Spans.Select(span => span.GetTagItem("db.operation.name")).ShouldBe(["list_cred_users", "backup_rbac"]);
    }

    [Fact]
    public async Task An_RPC_that_is_not_listed_is_a_database_span_without_its_request()
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        _milvus.Response = method => method == "NewInMilvus9" ? Message((1, Status(2200, "bad policy"))) : null;

        await channel.CallAsync("RunAnalyzer", Message((3, "books")));
        await channel.CallAsync("NewInMilvus9", []);

        telemetry.Spans.Select(span => span.DisplayName)
            .ShouldBe([$"run_analyzer {_milvus.Address.Authority}", $"new_in_milvus9 {_milvus.Address.Authority}"]);
        telemetry.Spans.Select(span => span.GetTagItem("error.type")).ShouldBe([null, "2200"]);
        telemetry.Spans.ShouldAllBe(span => span.GetTagItem("db.system.name") as string == "milvus" && span.GetTagItem("db.collection.name") == null);
        telemetry.Durations.Select(point => point.Attributes["db.operation.name"]).ShouldBe(["run_analyzer", "new_in_milvus9"], ignoreOrder: true);
    }

    /// <summary>ComponentStates has a state in field 1, and the response of a replication a time: neither is a status.</summary>
    [Fact]
    public async Task A_response_without_a_status_is_no_error()
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);
        _milvus.Response = method => method == "GetComponentStates" ? Message((1, Message((1, 7), (2, "proxy"), (3, 1)))) : Message((1, Message((1, 7))));

        await channel.CallAsync("GetComponentStates", []);
        await channel.CallAsync("CreateReplicateStream", []);

        _telemetry.Spans.ShouldAllBe(span => span.Status == ActivityStatusCode.Unset);
    }

    [Theory]
    [InlineData("milvus.proto.milvus.ClientTelemetryService", "Heartbeat")]
    [InlineData("milvus.proto.milvus.MilvusService", "Search/../../other")]
    [InlineData("milvus.proto.milvus.MilvusService", "Search/other")]
    public async Task Calls_of_other_services_are_unchanged(string service, string method)
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await Should.ThrowAsync<RpcException>(channel.CallAsync(method, [], service: service));

        telemetry.Span.TagObjects.ShouldAllBe(tag => !tag.Key.StartsWith("db."));
        telemetry.Durations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new[] { "books" }, "flush books")]
    [InlineData(new[] { "books", "authors" }, "flush")]
    public async Task A_flush_has_a_collection_if_there_is_exactly_one(string[] collections, string name)
    {
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        await channel.CallAsync("Flush", Message([.. collections.Select(collection => (3, (object)collection))]));

        _telemetry.Span.DisplayName.ShouldBe(name);
    }

    [Fact]
    public async Task The_server_is_the_one_that_load_balancing_chose()
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);
        using var channel = GrpcChannel.ForAddress("static:///milvus", new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = new ServiceCollection()
                .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => [new BalancerAddress(_milvus.Address.Host, _milvus.Address.Port)]))
                .BuildServiceProvider(),
        });

        await channel.CallAsync("CheckHealth", []);

        telemetry.Span.DisplayName.ShouldBe($"check_health {_milvus.Address.Authority}");
        telemetry.Span.GetTagItem("server.address").ShouldBe(_milvus.Address.Host);
        telemetry.Durations.ShouldHaveSingleItem().Attributes["server.address"].ShouldBe(_milvus.Address.Host);
    }

    [Fact]
    public async Task Parallel_calls_are_not_mixed_up()
    {
        const int calls = 4_000;
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

        _telemetry.Spans.Count.ShouldBe(calls);
        _telemetry.Spans.ShouldAllBe(span => span.DisplayName.Split(' ', 2)[1] == span.Parent!.OperationName
            && (string?)span.GetTagItem("db.collection.name") == span.Parent.OperationName);
        _telemetry.Spans.Count(span => span.DisplayName.StartsWith("search ")).ShouldBe(calls / 2);
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
