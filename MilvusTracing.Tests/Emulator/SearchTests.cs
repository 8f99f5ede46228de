using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class SearchTests : EmulatorTest
{
    [Theory]
    [InlineData("L2", new long[] { 1, 3, 2 }, new float[] { 0, 1, 2 })]
    [InlineData("IP", new long[] { 3, 1, 4 }, new float[] { 2, 1, 0.5f })]
    [InlineData("COSINE", new long[] { 1, 3, 4 }, new float[] { 1, 1, 0.7071f })]
    public async Task The_nearest_rows_come_first_by_every_metric(string metric, long[] ids, float[] scores)
    {
        await Milvus.CreateLoadedAsync(metric);
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 0], [0, 1], [2, 0], [0.5f, -0.5f]));
        if (metric == "L2")
        {
            await Client.DeleteAsync(Delete("id in [4]"));
        }

        var found = (await Client.SearchAsync(Nearest([[1, 0]], metric: metric, more: ("round_decimal", "4")))).Results;

        found.Ids.IntId.Data.ShouldBe(ids);
        found.Scores.ShouldBe(scores);
        (found.NumQueries, found.TopK).ShouldBe((1, 3));
    }

    [Fact]
    public async Task Every_query_of_a_request_has_its_own_hits()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 0], [0, 2], [5, 5]));

        var found = (await Client.SearchAsync(Nearest([[1, 0], [5, 5]], limit: 2, output: ["id"]))).Results;

        found.Topks.ShouldBe([2, 2]);
        found.Ids.IntId.Data.ShouldBe([1, 2, 3, 2]);
        found.FieldsData.Single().Scalars.LongData.Data.ShouldBe([1, 2, 3, 2]);
    }

    [Fact]
    public async Task Exact_search_agrees_with_a_plain_sort_of_all_distances()
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
    public async Task An_answer_has_the_fields_that_were_asked_for()
    {
        await Milvus.CreateLoadedAsync(dynamic: true, more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1), Vectors([1, 0]), Texts("t", "one"), Jsons("$meta", """{"color":"red"}"""));

        var everything = (await Client.SearchAsync(Nearest([[1, 0]], output: ["*"]))).Results;
        var inside = (await Client.SearchAsync(Nearest([[1, 0]], output: ["color"]))).Results;
        var nothing = (await Client.SearchAsync(Nearest([[1, 0]]))).Results;

        everything.FieldsData.Select(column => column.FieldName).ShouldBe(["id", "v", "t", "$meta"]);
        everything.FieldsData[1].Vectors.FloatVector.Data.ShouldBe([1, 0]);
        inside.OutputFields.ShouldBe(["color"]);
        inside.FieldsData.Single().Scalars.JsonData.Data.Single().ToStringUtf8().ShouldBe("""{"color":"red"}""");
        nothing.FieldsData.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hits_can_be_skipped_filtered_and_kept_to_a_range()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(0, 1, 2, 3, 4), Vectors([0, 0], [1, 0], [2, 0], [3, 0], [4, 0]));
        async Task<IReadOnlyList<long>> Found(SearchRequest request) => (await Client.SearchAsync(request)).Results.Ids.IntId.Data;

        (await Found(Nearest([[0, 0]], limit: 2, more: ("offset", "1")))).ShouldBe([1, 2]);
        (await Found(Nearest([[0, 0]], filter: "id in [2, 4]"))).ShouldBe([2, 4]);
        (await Found(Nearest([[0, 0]], limit: 9, more: ("params", """{"radius": 9, "range_filter": 1}""")))).ShouldBe([1, 2]);
        (await Found(Nearest([[0, 0]], limit: 9, more: ("params", """{"range_filter": 9}""")))).Count.ShouldBe(5, "a range has a radius");
        (await Found(Nearest([[0, 0]], filter: "id > 99"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_does_not_count_its_queries_is_understood()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 0]));
        var request = Nearest([[1, 0], [0, 1]]);
        request.Nq = 0;

        (await Client.SearchAsync(request)).Results.NumQueries.ShouldBe(2);
    }

    [Theory]
    [InlineData("HNSW", """{"ef": 2}""", "ef(2) should be larger than k(3)")]
    [InlineData("HNSW", """{"ef": "x"}""", "param ef should be integer")]
    [InlineData("HNSW", """{"ef": "3"}""", null)]
    [InlineData("IVF_FLAT", """{"nprobe": 0}""", "param nprobe out of range [ 1,65536 ]")]
    [InlineData("IVF_FLAT", """{"ef": 2, "nprobe": 1}""", null)]
    public async Task What_an_index_cannot_search_with_is_refused(string type, string parameters, string? reason)
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Int64, isKey: true), Vector("v", 2)])));
        Succeeded(await Client.CreateIndexAsync(Index("v", ("index_type", type), ("metric_type", "L2"), ("params", """{"M":8,"efConstruction":64,"nlist":8}"""))));
        Succeeded(await Client.LoadCollectionAsync(Named));

        var status = (await Client.SearchAsync(Nearest([[1, 0]], more: ("params", parameters)))).Status;

        status.Code.ShouldBe(reason is null ? 0 : 65535);
        status.Reason.ShouldContain(reason ?? "");
    }

    [Fact]
    public async Task Rows_of_one_key_count_once_among_the_hits_of_their_partition()
    {
        await Milvus.CreateLoadedAsync();
        Succeeded(await Client.CreatePartitionAsync(InPartition("p")));
        await Milvus.InsertAsync(Ids(1, 1, 2), Vectors([0, 0], [1, 0], [2, 0]));
        var elsewhere = Rows(Ids(3), Vectors([9, 0]));
        elsewhere.PartitionName = "p";
        Succeeded((await Client.InsertAsync(elsewhere)).Status);

        (await Client.SearchAsync(Nearest([[0, 0]], limit: 2))).Results.Ids.IntId.Data.ShouldBe([1, 3]);
        (await Client.SearchAsync(Nearest([[0, 0]], limit: 3))).Results.Ids.IntId.Data.ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData("anns_field", "nope", "failed to create query plan: failed to get field schema by name: fieldName(nope) not found")]
    [InlineData("anns_field", "id", "failed to create query plan: field (id) to search is not of vector data type")]
    [InlineData("topk", "0", "topk [0] is invalid, top k should be in range [1, 16384], but got 0")]
    [InlineData("topk", "many", "topk [many] is invalid")]
    [InlineData("offset", "-1", "offset [-1] is invalid, top k should be in range [1, 16384], but got -1")]
    [InlineData("round_decimal", "9", "round_decimal [9] is invalid, should be -1 or an integer in range [0, 6]")]
    [InlineData("metric_type", "IP", "metric type not match: invalid parameter[expected=L2][actual=IP]")]
    [InlineData("params", "{bad", "search params are not JSON")]
    [InlineData("params", """{"radius": "far"}""", "radius is far, but has to be a number")]
    [InlineData("params", """{"radius": 1, "range_filter": 9}""", "range_filter must be less than radius for L2")]
    public async Task A_parameter_that_cannot_be_is_refused(string name, string value, string reason)
    {
        await Milvus.CreateLoadedAsync();
        var status = (await Client.SearchAsync(Nearest([[1, 0]], more: (name, value)))).Status;
        (status.Code, status.ErrorCode).ShouldBe((65535, ErrorCode.UnexpectedError));
        status.Reason.ShouldContain(reason);
    }

    [Theory]
    [InlineData("L2", 2)]
    [InlineData("IP", 2)]
    [InlineData("COSINE", 1)]
    public async Task Nothing_is_near_to_what_is_not_a_number(string metric, int nearToZeros)
    {
        await Milvus.CreateLoadedAsync(metric);
        await Milvus.InsertAsync(Ids(1, 2), Vectors([1, 0], [0, 0]));

        var found = (await Client.SearchAsync(Nearest([[float.NaN, 0], [0, 0]], metric: metric))).Results;

        found.Topks.ShouldBe([0, nearToZeros]);
    }

    [Fact]
    public async Task A_query_vector_of_another_dimension_is_refused()
    {
        await Milvus.CreateLoadedAsync();
        var status = (await Client.SearchAsync(Nearest([[1, 0, 0]]))).Status;
        status.Code.ShouldBe(65535);
        status.Reason.ShouldContain("vector dimension mismatch, expected vector size(byte) 8, actual 12");
    }

    [Fact]
    public async Task A_query_counts_and_pages()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(5, 3, 1, 4, 2), Vectors([1, 1], [1, 1], [1, 1], [1, 1], [1, 1]));
        async Task<IReadOnlyList<long>> Found(QueryRequest request) => (await Client.QueryAsync(request)).FieldsData.Single().Scalars.LongData.Data;

        (await Found(Where("id > 1", output: ["count(*)"]))).ShouldBe([4]);
        (await Found(Where("", output: ["count(*)"]))).ShouldBe([5]);
        (await Found(Where("id > 1", parameters: [("limit", "2"), ("offset", "1")]))).ShouldBe([3, 4]);
        (await Client.QueryAsync(Where("id > 1", output: ["count(*)"], parameters: ("limit", "2")))).Status.Reason
            .ShouldBe("count entities with pagination is not allowed");
        (await Client.QueryAsync(Where(""))).Status.Reason.ShouldBe("empty expression should be used with limit");
        (await Client.QueryAsync(Where("id > 0", parameters: ("limit", "0")))).Status.Reason
            .ShouldBe("invalid max query result window, limit [0] is invalid, should be greater than 0");
        (await Client.QueryAsync(Where("id > 0", output: ["nope"]))).Status.Reason.ShouldBe("field nope not exist");
    }
}
