using System.Diagnostics;
using Milvus.Client;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Verification;

/// <summary>A distributed Milvus in which one role does not export, or is killed during a search.</summary>
[Collection(MilvusCluster.Collection)]
[Trait("Category", "Cluster")]
public sealed class ClusterTests(MilvusCluster cluster) : IAsyncLifetime
{
    private const string Service = "caller";

    /// <summary>Long enough for a search to reach the querynode. A frozen querynode does not show that it has one.</summary>
    private static readonly TimeSpan SearchDelay = TimeSpan.FromSeconds(1);

    private readonly string _collection = $"cluster_{Guid.NewGuid():N}";
    private MilvusClient _milvus = null!;

    public async Task InitializeAsync()
    {
        if (Capability.WhyMissing(Capability.Cluster) is null)
        {
            await ConnectAsync();
        }
    }

    public Task DisposeAsync()
    {
        _milvus?.Dispose();
        return Task.CompletedTask;
    }

    [RequiresFact(Capability.Cluster)]
    public async Task Is_joined_and_only_a_search_with_strong_consistency_waits_for_the_time_tick()
    {
        var report = await VerifyAsync(await PassAsync());

        report.EnsureJoined().EnsureNoErrors().EnsureMilvusCalls(atMost: 5);
        report.Causes.ShouldBeEmpty();
        report.Verdict!.Services.Keys.ShouldBe(["caller", "proxy", "rootcoord", "querycoord", "querynode", "segcore"], ignoreOrder: true);

        var strong = await ExplainAsync(ConsistencyLevel.Strong);
        strong.Parts[0].Name.ShouldBe("waiting for the time tick", strong.Advice.FirstOrDefault());
        strong.Advice.ShouldHaveSingleItem().ShouldContain("bounded or eventual consistency");
        (await ExplainAsync(ConsistencyLevel.Eventually)).Parts[0].Name.ShouldNotBe("waiting for the time tick");
    }

    [RequiresFact(Capability.Cluster)]
    public async Task The_coordinators_may_share_a_process()
    {
        await cluster.UpAsync(mixture: true);
        try
        {
            await ConnectAsync();
            (await VerifyAsync(await PassAsync())).EnsureJoined();
        }
        finally
        {
            await cluster.UpAsync(mixture: false);
        }
    }

    [RequiresFact(Capability.Cluster)]
    public async Task A_querynode_without_exporter_is_named()
    {
        await cluster.RestartAsync("querynode", "TRACE_EXPORTER=noop", "TRACE_INITTIMEOUTSECONDS=1");
        try
        {
            await ReadyAsync();
            var report = await VerifyAsync(await PassAsync());

            report.Outcome.ShouldBe(Outcome.NotJoined, report.ToPlainText());
            report.Causes[0].Code.ShouldBe(CauseCodes.RoleNotExporting, report.ToPlainText());
            (report.Causes[0].Message + report.Causes[0].Fix).ShouldContain("querynode", customMessage: report.ToPlainText());
        }
        finally
        {
            await RecoverAsync();
        }
    }

    [RequiresFact(Capability.Cluster)]
    public async Task A_querynode_that_is_killed_during_a_search_is_named()
    {
        var pass = TraceAsync(async () =>
        {
            await _milvus.HasCollectionAsync(_collection);
            await MilvusCluster.FreezeAsync("querynode");
            var search = SearchAsync(ConsistencyLevel.Strong);
            await Task.Delay(SearchDelay);
            await cluster.KillAsync("querynode");
            await Should.ThrowAsync<Exception>(search);
        });
        try
        {
            var report = await VerifyAsync(await pass);

            report.Outcome.ShouldBe(Outcome.NotJoined, report.ToPlainText());
            report.ToVerdictLine().ShouldContain(" error");
            report.Causes[0].Message.ShouldContain("querynode", customMessage: report.ToPlainText());
        }
        finally
        {
            await RecoverAsync();
        }
    }

    [RequiresFact(Capability.Cluster)]
    public async Task A_querynode_that_pauses_is_what_the_slowest_search_did_differently()
    {
        var report = await VerifyAsync(await TraceAsync(async () =>
        {
            for (var search = 0; search < 12; search++)
            {
                if (search % 4 != 3)
                {
                    await SearchAsync(ConsistencyLevel.Eventually);
                    continue;
                }

                await MilvusCluster.FreezeAsync("querynode");
                var paused = SearchAsync(ConsistencyLevel.Eventually);
                await Task.Delay(SearchDelay);
                await MilvusCluster.ThawAsync("querynode");
                await paused;
            }
        }));

        var search = Explanation.Of([report.EnsureJoined().Trace!], "search", slowest: true).Operations.ShouldHaveSingleItem();

        var difference = search.Difference.ShouldNotBeNull();
        difference.Parts[0].Part.ShouldBe("network inside Milvus", search.ToString());
        difference.Parts[0].Node.ShouldNotBeNull().ShouldMatch("^querynode [0-9]+$");
        search.Nodes.ShouldHaveSingleItem().Name.ShouldBe(difference.Parts[0].Node);
        search.Advice.ShouldHaveSingleItem().ShouldContain(difference.Parts[0].Node!);
    }

    private async Task RecoverAsync()
    {
        await cluster.RestartAsync("querynode");
        await ReadyAsync();
    }

    /// <summary>Connects, and creates and loads a collection with one row.</summary>
    private async Task ConnectAsync()
    {
        _milvus?.Dispose();
        _milvus = new MilvusClient(cluster.Milvus, apiKey: "root:Milvus");
        var collection = await UntilAsync(() => _milvus.CreateCollectionAsync(
            _collection, [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", 2)]));
        await collection.CreateIndexAsync("vector", IndexType.AutoIndex, SimilarityMetricType.L2);
        await collection.InsertAsync([FieldData.Create("id", new long[] { 1 }), FieldData.CreateFloatVector("vector", [new float[] { 1, 2 }])]);
        await collection.LoadAsync();
        await collection.WaitForCollectionLoadAsync();
        // The proxy connects to the querynode for the first search.
        await ReadyAsync();
    }

    /// <summary>Waits until restarted roles serve requests again.</summary>
    private Task ReadyAsync() => UntilAsync(async () =>
    {
        await _milvus.HasCollectionAsync(_collection);
        await _milvus.GetCollection(_collection).GetLoadingProgressAsync();
        await SearchAsync(ConsistencyLevel.Strong);
        return true;
    });

    private static async Task<T> UntilAsync<T>(Func<Task<T>> call)
    {
        for (var stopwatch = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (exception is MilvusException or Grpc.Core.RpcException && stopwatch.Elapsed < Timeouts.Limit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    /// <summary>Runs calls that need every role except datacoord and datanode.</summary>
    private Task<string> PassAsync() => TraceAsync(async () =>
    {
        await _milvus.HasCollectionAsync(_collection);
        await _milvus.GetCollection(_collection).GetLoadingProgressAsync();
        await SearchAsync(ConsistencyLevel.Strong);
    });

    private Task SearchAsync(ConsistencyLevel level) => _milvus.GetCollection(_collection).SearchAsync<float>(
        "vector", [new float[] { 1, 2 }], SimilarityMetricType.L2, limit: 1, new SearchParameters { ConsistencyLevel = level });

    /// <summary>Runs calls below a root span and exports the spans.</summary>
    private async Task<string> TraceAsync(Func<Task> calls)
    {
        using var source = new ActivitySource(_collection);
        using var tracing = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(Service))
            .AddSource(source.Name)
            .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
            .AddMilvusClientInstrumentation()
            .AddOtlpExporter(exporter => (exporter.Endpoint, exporter.Protocol) = (cluster.Otlp, OtlpExportProtocol.Grpc))
            .Build();
        using var root = source.StartActivity("pass")!;
        await calls();
        root.Stop();
        tracing.ForceFlush();
        return root.TraceId.ToHexString();
    }

    private async Task<VerificationReport> VerifyAsync(string traceId)
    {
        using var backend = new JaegerBackend(cluster.Jaeger);
        return await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [backend],
            Service = Service,
            Trace = new TraceReference(traceId),
        });
    }

    private async Task<OperationExplanation> ExplainAsync(ConsistencyLevel level)
    {
        // A single search may coincide with a time tick, or run while the machine is busy.
        var report = await VerifyAsync(await TraceAsync(async () =>
        {
            for (var search = 0; search < 10; search++)
            {
                await SearchAsync(level);
            }
        }));
        return Explanation.Of([report.EnsureJoined().Trace!], operation: "search").Operations.ShouldHaveSingleItem();
    }
}
