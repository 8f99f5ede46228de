using Grpc.Core;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;
using Status = MilvusTracing.Emulator.Protos.Status;

namespace MilvusTracing.Tests.Emulator;

public sealed class SearchTests : EmulatorTest
{
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
        (found.NumQueries, found.TopK).ShouldBe((1, 3));
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
    public async Task Query_counts_and_pages()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(5, 3, 1, 4, 2), Vectors([1, 1], [1, 1], [1, 1], [1, 1], [1, 1]));
        async Task<IReadOnlyList<long>> Found(QueryRequest request) => (await Client.QueryAsync(request)).FieldsData.Single().Scalars.LongData.Data;
        async Task<Status> StatusOf(QueryRequest request) => (await Client.QueryAsync(request)).Status;

        (await Found(Where("id > 1", output: ["count(*)"]))).ShouldBe([4]);
        (await Found(Where("", output: ["count(*)"]))).ShouldBe([5]);
        (await Found(Where("id > 1", parameters: [("limit", "2"), ("offset", "1")]))).ShouldBe([3, 4]);
        Refused(await StatusOf(Where("id > 1", output: ["count(*)"], parameters: ("limit", "2"))), "count");
        Refused(await StatusOf(Where("")), "limit");
        Refused(await StatusOf(Where("id > 0", parameters: ("limit", "0"))), "limit [0]");
        Refused(await StatusOf(Where("id > 0", output: ["nope"])), "nope");
        Refused(await StatusOf(Where("id > 0", partitions: ["p"])), "partition not found[partition=p]");
    }
}
