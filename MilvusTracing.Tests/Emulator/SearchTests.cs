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
    public async Task Each_query_vector_has_its_own_hits()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 0], [0, 2], [5, 5]));
        var request = Nearest([[1, 0], [5, 5]], limit: 2, output: ["id"]);
        request.Nq = 0; // older clients do not set it

        var found = (await Client.SearchAsync(request)).Results;

        found.Topks.ShouldBe([2, 2]);
        found.Ids.IntId.Data.ShouldBe([1, 2, 3, 2]);
        found.FieldsData.Single().Scalars.LongData.Data.ShouldBe([1, 2, 3, 2]);
    }

    [Fact]
    public async Task Response_contains_the_requested_fields()
    {
        await Milvus.CreateLoadedAsync(dynamic: true, more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1), Vectors([1, 0]), Texts("t", "one"), Jsons("$meta", """{"color":"red"}"""));
        async Task<SearchResultData> Found(params string[] output) => (await Client.SearchAsync(Nearest([[1, 0]], output: output))).Results;

        var all = await Found("*");
        all.FieldsData.Select(column => column.FieldName).ShouldBe(["id", "v", "t", "$meta"]);
        all.FieldsData[1].Vectors.FloatVector.Data.ShouldBe([1, 0]);
        var dynamic = await Found("color");
        dynamic.OutputFields.ShouldBe(["color"]);
        dynamic.FieldsData.Single().Scalars.JsonData.Data.Single().ToStringUtf8().ShouldBe("""{"color":"red"}""");
        (await Found()).FieldsData.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hits_can_be_skipped_and_filtered()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(0, 1, 2, 3, 4, 4), Vectors([0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [4, 1]));
        async Task<IReadOnlyList<long>> Found(SearchRequest request) => (await Client.SearchAsync(request)).Results.Ids.IntId.Data;

        (await Found(Nearest([[0, 0]], limit: 2, more: ("offset", "1")))).ShouldBe([1, 2]);
        (await Found(Nearest([[0, 0]], filter: "id in [2, 4]"))).ShouldBe([2, 4]);
        (await Found(Nearest([[0, 0]], filter: "id > 99"))).ShouldBeEmpty();
        (await Found(Nearest([[float.NaN, 0]]))).ShouldBeEmpty();
        (await Found(Nearest([[0, 0]], limit: 9))).ShouldBe([0, 1, 2, 3, 4]);
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
