using Grpc.Core;
using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>What the comparison with a real Milvus does not show.</summary>
public sealed class ServiceTests : EmulatorTest
{
    [Fact]
    public async Task Server_reports_that_it_is_a_healthy_emulator()
    {
        var connected = await Client.ConnectAsync(new() { ClientInfo = new() { SdkType = "Python", Reserved = { ["client_id"] = "1" } } });
        connected.ServerInfo.BuildTags.ShouldBe(MilvusEmulator.Version);
        connected.Identifier.ShouldBeGreaterThan(0);
        (await Client.GetVersionAsync(new())).Version.ShouldContain("emulator");
        (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();
        (await Client.ListDatabasesAsync(new())).DbNames.ShouldBe(["default"]);
    }

    [Theory]
    [InlineData("L2", new long[] { 1, 4, 3 }, new float[] { 0, 0.5f, 1 })]
    [InlineData("IP", new long[] { 3, 1, 4 }, new float[] { 2, 1, 0.5f })]
    [InlineData("COSINE", new long[] { 1, 3, 4 }, new float[] { 1, 1, 0.7071f })]
    public async Task Best_rows_by_the_metric_come_first(string metric, long[] ids, float[] scores)
    {
        await Milvus.CreateLoadedAsync(metric);
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 0], [0, 1], [2, 0], [0.5f, -0.5f]));

        var found = (await Client.SearchAsync(Nearest([[1, 0]], metric: metric))).Results;

        found.Ids.IntId.Data.ShouldBe(ids);
        found.Scores.Select(score => MathF.Round(score, 4)).ShouldBe(scores);
    }

    [Fact]
    public async Task Loading_needs_an_index_of_the_vector()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Int64, isKey: true), Vector("v", 2), Field("n", DataType.Int8)])));
        Succeeded(await Client.CreateIndexAsync(Index("n", ("index_type", "STL_SORT"))));
        (await Client.LoadCollectionAsync(Named)).Code.ShouldBe(700);
    }

    [Fact]
    public async Task Search_ends_when_its_deadline_expires_or_the_client_cancels_it()
    {
        const int rows = 5000;
        await Milvus.CreateLoadedAsync(dimension: 512);
        await Milvus.InsertAsync(Ids([.. Enumerable.Range(0, rows).Select(i => (long)i)]), Vectors([.. Enumerable.Range(0, rows).Select(_ => new float[512])]));
        var search = Nearest([.. Enumerable.Range(0, 2000).Select(_ => new float[512])]);

        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, deadline: DateTime.UtcNow.AddMilliseconds(50))))
            .StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        using var cancellation = new CancellationTokenSource(50);
        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, cancellationToken: cancellation.Token)))
            .StatusCode.ShouldBe(StatusCode.Cancelled);
        (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();
    }

    [Fact]
    public async Task Long_and_deeply_nested_filters_are_parsed_or_refused()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("not (", depth)) + "id > 1" + new string(')', depth);
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 1], [1, 1], [1, 1]));

        (await Milvus.CountAsync(string.Join(" or ", Enumerable.Range(0, 20_000).Select(i => $"id == {i}")))).ShouldBe(3);
        (await Milvus.CountAsync(Nested(1000))).ShouldBe(2);
        Refused((await Client.QueryAsync(Where(Nested(100_000)))).Status, "nested too deeply");
    }

    [Fact]
    public async Task Primary_keys_are_generated_for_autoID()
    {
        var key = Field("id", DataType.VarChar, isKey: true, automatic: true, maxLength: 32);
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [key, Vector("v", 2)])));
        var request = Rows(Vectors([1, 2], [3, 4]));
        request.NumRows = 2;

        var result = await Client.InsertAsync(request);

        result.InsertCnt.ShouldBe(2);
        result.IDs.StrId.Data.Distinct().Count().ShouldBe(2);
        Refused((await Client.UpsertAsync(Upsert(request))).Status, "auto id");
    }

    [Fact]
    public async Task Reader_sees_all_of_an_upsert_or_nothing_of_it()
    {
        var rows = Rows(Ids(1, 2, 3), Vectors([1, 1], [1, 1], [1, 1]));
        await Milvus.CreateLoadedAsync();
        Succeeded((await Client.InsertAsync(rows)).Status);

        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                Succeeded((await Client.UpsertAsync(Upsert(rows))).Status);
            }
        });
        while (!writing.IsCompleted)
        {
            (await Milvus.CountAsync()).ShouldBe(3);
        }

        await writing;
    }

    [Fact]
    public async Task Flush_seals_a_segment_whose_rows_the_statistics_count()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 1], [2, 2], [3, 3]));

        var segment = (await Client.FlushAsync(new() { CollectionNames = { Collection } })).CollSegIDs[Collection].Data.ShouldHaveSingleItem();

        (await Client.GetFlushStateAsync(new() { SegmentIDs = { segment } })).Flushed.ShouldBeTrue();
        (await Client.GetCollectionStatisticsAsync(Named)).Stats.Single().Value.ShouldBe("3");
    }
}
