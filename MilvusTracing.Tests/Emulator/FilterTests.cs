using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>Filters over six rows; Milvus 2.3.5 returns the same rows.</summary>
public sealed class FilterTests : EmulatorTest
{
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Milvus.CreateLoadedAsync(dynamic: true, more:
        [
            Field("t", DataType.VarChar, maxLength: 16), Field("n", DataType.Int8), Field("f", DataType.Float),
            Field("b", DataType.Bool), Field("j", DataType.Json),
        ]);
        long[] ids = [0, 1, 2, 3, 4, 5];
        await Milvus.InsertAsync(
            Ids(ids),
            Vectors([.. ids.Select(id => new float[] { id, id })]),
            Texts("t", [.. ids.Select(id => $"t{id}")]),
            Column("n", DataType.Int8, new() { IntData = new() { Data = { ids.Select(id => (int)id) } } }),
            Column("f", DataType.Float, new() { FloatData = new() { Data = { ids.Select(id => id / 10f) } } }),
            Column("b", DataType.Bool, new() { BoolData = new() { Data = { ids.Select(id => id % 2 == 0) } } }),
            Jsons("j", [.. ids.Select(id => $$"""{"a": {{id}}, "deep": {"k": {{id % 3}}}, "list": [{{id}}, "x"]}""")]),
            Jsons(
                "$meta", """{"color": "red", "size": 1}""", """{"color": "blue", "size": 2.5}""", """{"color": "red"}""", "{}",
                """{"size": "big"}""", """{"color": null}"""));
    }

    [Theory]
    [InlineData("id == 5 or id >= 1 and id <= 2", 1, 2, 5)]
    [InlineData("(id == 5 or id >= 1) and id <= 2", 1, 2)]
    [InlineData("!(id > 2) && !(id == 0)", 1, 2)]
    [InlineData("b != True", 1, 3, 5)]
    [InlineData("n > 300")]
    [InlineData("t == 't\\'1'")]
    public async Task Filter_selects_the_matching_rows(string filter, params int[] ids) =>
        (await Milvus.IdsWhereAsync(filter)).ShouldBe(ids.Select(id => (long)id));

    [Theory]
    [InlineData("id >", "position 4")]
    [InlineData("id in (1, 2)", "'('")]
    [InlineData("id > 1 AND id < 3", "'AND'")]
    [InlineData("id + 1 == 2", "'+'")]
    [InlineData("json_contains(j, 1)", "'('")]
    [InlineData("id", "not a boolean expression")]
    [InlineData("not id > 2", "constants")]
    [InlineData("t == 1", "field t of type VarChar cannot be compared with 1")]
    [InlineData("f > 1e400", "1e400 is out of range")]
    [InlineData("t == 'a\\qb'", "\\q")]
    [InlineData("1 <= id == 3", "range")]
    [InlineData("j == 1", "field j")]
    [InlineData("t like '%1'", "%1")]
    public async Task Invalid_or_unsupported_filter_is_refused_with_the_reason(string filter, string reason)
    {
        var queried = (await Client.QueryAsync(Where(filter))).Status;
        Refused(queried, reason);
        queried.Reason.ShouldStartWith($"cannot parse expression: {filter}, error: ");
        Refused((await Client.SearchAsync(Nearest([[1, 1]], filter: filter))).Status, queried.Reason);
    }

    [Fact]
    public async Task Long_and_deeply_nested_filters_are_parsed_or_refused()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("not (", depth)) + "id > 1" + new string(')', depth);
        (await Milvus.IdsWhereAsync(string.Join(" or ", Enumerable.Range(0, 20_000).Select(i => $"id == {i}")))).Count.ShouldBe(6);
        (await Milvus.IdsWhereAsync(Nested(1000))).ShouldBe([2, 3, 4, 5]);
        Refused((await Client.QueryAsync(Where(Nested(100_000)))).Status, "nested too deeply");
    }
}
