using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class SearchTests : EmulatorTest
{
    [Theory]
    [InlineData("L2", new long[] { 1, 3, 2 }, new float[] { 0, 1, 2 })]
    [InlineData("IP", new long[] { 3, 1, 4 }, new float[] { 2, 1, 0.5f })]
    [InlineData("COSINE", new long[] { 1, 3, 4 }, new float[] { 1, 1, 0.7071f })]
    public async Task Best_rows_by_the_metric_come_first(string metric, long[] ids, float[] scores)
    {
        await Milvus.CreateLoadedAsync(metric);
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 0], [0, 1], [2, 0], [0.5f, -0.5f]));
        if (metric == "L2")
        {
            await Client.DeleteAsync(Delete("id in [4]"));
        }

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
    public async Task Search_equals_a_sort_by_distance()
    {
        const int rows = 2000, dimension = 16, limit = 50;
        var random = new Random(20240607);
        float[] Any() => [.. Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f)];
        var vectors = Enumerable.Range(0, rows).Select(_ => Any()).ToArray();
        var query = Any();
        await Milvus.CreateLoadedAsync(dimension: dimension);
        await Milvus.InsertAsync(Ids([.. Enumerable.Range(0, rows).Select(i => (long)i)]), Vectors(vectors));

        var found = (await Client.SearchAsync(Nearest([query], limit, filter: "id >= 1000"))).Results.Ids.IntId.Data;

        double Distance(int row) => vectors[row].Zip(query, (x, y) => Math.Pow(x - y, 2)).Sum();
        found.ShouldBe(Enumerable.Range(1000, rows - 1000).OrderBy(Distance).Take(limit).Select(i => (long)i));
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
        (await Found(Nearest([[0, 0]], limit: 9))).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Theory]
    [InlineData("L2", 4)]
    [InlineData("IP", 4)]
    [InlineData("COSINE", 3)]
    public async Task Query_vector_with_NaN_finds_nothing_and_a_zero_vector_what_has_a_score(string metric, int found)
    {
        await Milvus.CreateLoadedAsync(metric);
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 0], [0, 1], [2, 0], [0, 0]));
        (await Client.SearchAsync(Nearest([[float.NaN, 0], [0, 0]], limit: 4, metric: metric))).Results.Topks.ShouldBe([0, found]);
    }

    [Theory]
    [InlineData("anns_field", "nope", "nope")]
    [InlineData("anns_field", "id", "not of vector data type")]
    [InlineData("topk", "0", "topk [0]")]
    [InlineData("topk", "many", "topk [many]")]
    [InlineData("offset", "-1", "offset [-1]")]
    [InlineData("round_decimal", "3", "round_decimal")]
    [InlineData("metric_type", "IP", "[expected=L2][actual=IP]")]
    [InlineData("params", "{bad", "{bad")]
    [InlineData("params", """{"radius": 1}""", "radius")]
    public async Task Invalid_or_unsupported_parameter_is_refused(string name, string value, string reason)
    {
        await Milvus.CreateLoadedAsync();
        Refused((await Client.SearchAsync(Nearest([[1, 0]], more: (name, value)))).Status, reason);
    }

    [Fact]
    public async Task Query_vector_of_another_dimension_is_refused()
    {
        await Milvus.CreateLoadedAsync();
        Refused((await Client.SearchAsync(Nearest([[1, 0, 0]]))).Status, "vector dimension mismatch");
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
