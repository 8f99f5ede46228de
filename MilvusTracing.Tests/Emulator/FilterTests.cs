using Google.Protobuf;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

/// <summary>Filters over six rows; the answers are those of Milvus 2.3.5.</summary>
public sealed class FilterTests : EmulatorTest, IAsyncLifetime
{
    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
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
            Jsons("$meta", """{"color": "red", "size": 1}""", """{"color": "blue", "size": 2.5}""", """{"color": "red"}""", "{}", """{"size": "big"}""", """{"color": null}"""));
    }

    [Theory]
    [InlineData("id == 2", 2)]
    [InlineData("id != 2", 0, 1, 3, 4, 5)]
    [InlineData("id > 2 and id <= 4", 3, 4)]
    [InlineData("id < 1 || id >= 5", 0, 5)]
    [InlineData("3 > id", 0, 1, 2)]
    [InlineData("1 < id <= 3", 2, 3)]
    [InlineData("3 >= id > 1", 2, 3)]
    [InlineData("id == 5 or id >= 1 and id <= 2", 1, 2, 5)]
    [InlineData("(id == 5 or id >= 1) and id <= 2", 1, 2)]
    [InlineData("not (id > 2)", 0, 1, 2)]
    [InlineData("!(id > 2) && !(id == 0)", 1, 2)]
    [InlineData("id in [1, 3, 99]", 1, 3)]
    [InlineData("id in [1, 3,]", 1, 3)]
    [InlineData("id in []")]
    [InlineData("id not in [1, 2, 3]", 0, 4, 5)]
    [InlineData("id == -1")]
    [InlineData("id == 0x2", 2)]
    [InlineData("n > 300")]
    [InlineData("n == id", 0, 1, 2, 3, 4, 5)]
    [InlineData("t == \"t1\"", 1)]
    [InlineData("t == 't1'", 1)]
    [InlineData("t == 't\\'1'")]
    [InlineData("t > 't3'", 4, 5)]
    [InlineData("t like 't%'", 0, 1, 2, 3, 4, 5)]
    [InlineData("t like 't1'", 1)]
    [InlineData("t like ''", 0, 1, 2, 3, 4, 5)]
    [InlineData("t LIKE 't1'", 1)]
    [InlineData("id > +3", 4, 5)]
    [InlineData("id == -(-2)", 2)]
    [InlineData("id in [-1, +2]", 2)]
    [InlineData("f > +0.3", 4, 5)]
    [InlineData("id == 0b10", 2)]
    [InlineData("id == 010")]
    [InlineData("not t like 't1%'", 0, 2, 3, 4, 5)]
    [InlineData("t in ['t1', 't2']", 1, 2)]
    [InlineData("f == 0.3", 3)]
    [InlineData("f > 0.3", 4, 5)]
    [InlineData("f in [0.1, 0.2]", 1, 2)]
    [InlineData("f >= 0", 0, 1, 2, 3, 4, 5)]
    [InlineData("b == true", 0, 2, 4)]
    [InlineData("b != True", 1, 3, 5)]
    [InlineData("j['a'] == 3", 3)]
    [InlineData("j['a'] > 3.5", 4, 5)]
    [InlineData("j['deep']['k'] == 1", 1, 4)]
    [InlineData("j['list'][0] in [2, 5]", 2, 5)]
    [InlineData("color == 'red'", 0, 2)]
    [InlineData("$meta['color'] == 'red'", 0, 2)]
    [InlineData("color != 'red'", 1, 3, 4, 5)]
    [InlineData("color like 'bl%'", 1)]
    [InlineData("color not in ['red']", 1, 3, 4, 5)]
    [InlineData("size > 1", 1)]
    [InlineData("size > 'a'", 4)]
    [InlineData("nothing == 1")]
    [InlineData("not (nothing == 1)", 0, 1, 2, 3, 4, 5)]
    public async Task A_filter_finds_the_rows_that_meet_it(string filter, params int[] ids) =>
        (await Milvus.IdsWhereAsync(filter)).ShouldBe(ids.Select(id => (long)id));

    [Theory]
    [InlineData("id >", "line 1:4 no viable alternative at input '<EOF>'")]
    [InlineData("id > 2 and", "line 1:10 no viable alternative at input '<EOF>'")]
    [InlineData("(id > 2", "line 1:7 missing ')' at '<EOF>'")]
    [InlineData("id in (1, 2)", "line 1:6 no viable alternative at input '('")]
    [InlineData("id = 1", "line 1:3 token recognition error at: '='")]
    [InlineData("t == 'open", "line 1:5 token recognition error at: '''")]
    [InlineData("id == 1 id == 2", "invalid expression: id == 1 id == 2")]
    [InlineData("id > 1 AND id < 3", "invalid expression: id > 1 AND id < 3")]
    [InlineData("id > 1 OR id < 3", "invalid expression: id > 1 OR id < 3")]
    [InlineData("id IN [1]", "invalid expression: id IN [1]")]
    [InlineData("id in [1 2]", "line 1:9 no viable alternative at input '2'")]
    [InlineData("id in ]", "line 1:6 no viable alternative at input ']'")]
    [InlineData("id in [id]", "value 'id' in list cannot be a non-const expression")]
    [InlineData("true == true", "constants cannot be compared with each other")]
    [InlineData("id == 1 or 1 == 1", "constants cannot be compared with each other")]
    [InlineData("color == t", "the emulator compares JSON with constants only")]
    [InlineData("j['a'] == id", "the emulator compares JSON with constants only")]
    [InlineData("color in ['red', 1]", "the list for a JSON value can only hold values of one type")]
    [InlineData("n == 1.0", "cannot cast value to Int8, value: float_val:1 ")]
    [InlineData("f > 1e400", "strconv.ParseFloat: parsing \"1e400\": value out of range")]
    [InlineData("-id == 1", "unexpected op: -")]
    [InlineData("t == 'a\\qb'", "the emulator has no escape \\q")]
    [InlineData("1 < id > 4", "comparisons can only be chained to a range, as in 1 < field <= 3")]
    [InlineData("1 <= id == 3", "comparisons can only be chained to a range, as in 1 < field <= 3")]
    [InlineData("not t in ['t1']", "'term' can only be used on non-const expression")]
    [InlineData("id == 'a'", "comparisons between Int64, element_type: None and VarChar elementType: None are not supported")]
    [InlineData("t == 1", "comparisons between VarChar, element_type: None and Int64 elementType: None are not supported")]
    [InlineData("v == 1", "comparisons between FloatVector, element_type: None and Int64 elementType: None are not supported")]
    [InlineData("id == 1.5", "cannot cast value to Int64, value: float_val:1.5 ")]
    [InlineData("n in [1, 'a']", "value ''a'' in list cannot be casted to Int8")]
    [InlineData("id > 99999999999999999999", "strconv.ParseInt: parsing \"99999999999999999999\": value out of range")]
    [InlineData("t like '%1'", "unsupported pattern: %1, only prefix pattern match like ab% and equal match like ab(no wildcards) are supported")]
    [InlineData("id like '1%'", "like operation on non-string or no-json field is unsupported")]
    [InlineData("not id > 2", "not op can only be applied on boolean expression")]
    [InlineData("id == 1 or color", "'or' can only be used between boolean expressions")]
    [InlineData("j == 1", "can not comparisons jsonField directly")]
    [InlineData("1 in [1]", "'term' can only be used on non-const expression")]
    [InlineData("id + 1 == 2", "line 1:3 the emulator has no arithmetic: '+'")]
    [InlineData("json_contains(j, 1)", "the emulator has no function json_contains")]
    [InlineData("exists color", "the emulator has no 'exists'")]
    [InlineData("id % 2 == 0", "line 1:3 the emulator has no arithmetic: '%'")]
    [InlineData("id == {x}", "line 1:6 token recognition error at: '{'")]
    public async Task A_bad_filter_is_refused_with_the_reason_in_searches_too(string filter, string reason)
    {
        var queried = (await Client.QueryAsync(Where(filter))).Status;
        (queried.Code, queried.ErrorCode, queried.Reason).ShouldBe((65535, ErrorCode.UnexpectedError, $"cannot parse expression: {filter}, error: {reason}"));
        (await Client.SearchAsync(Nearest([[1, 1]], filter: filter))).Status.Reason.ShouldBe($"failed to create query plan: {queried.Reason}");
    }

    [Theory]
    [InlineData("id", "Int64")]
    [InlineData("b", "Bool")]
    [InlineData("'a'", "VarChar")]
    [InlineData("color", "JSON")]
    public async Task A_value_is_no_filter(string filter, string type) =>
        (await Client.QueryAsync(Where(filter))).Status.Reason.ShouldBe($"predicate is not a boolean expression: {filter}, data type: {type}");

    [Fact]
    public async Task Text_in_JSON_that_is_none_is_stored_and_equals_nothing()
    {
        await Milvus.InsertAsync(
            Ids(6, 7, 8), Vectors([6, 6], [7, 7], [8, 8]), Texts("t", "", "", ""),
            Column("n", DataType.Int8, new() { IntData = new() { Data = { 0, 0, 0 } } }),
            Column("f", DataType.Float, new() { FloatData = new() { Data = { 0, 0, 0 } } }),
            Column("b", DataType.Bool, new() { BoolData = new() { Data = { true, true, true } } }),
            Jsons("j", """{"a": "\ud83d"}""", """{"a": 6, "a": 7}""", "{}"),
            new()
            {
                FieldName = "$meta",
                IsDynamic = true,
                Type = DataType.Json,
                Scalars = new()
                {
                    JsonData = new()
                    {
                        Data =
            {
                ByteString.CopyFromUtf8("""{"color": "Great \ud83d"}"""), ByteString.CopyFromUtf8("{}"),
                ByteString.CopyFrom([.. "{\"color\": \""u8, 0xff, .. "\"}"u8]),
            }
                    }
                }
            });

        (await Milvus.IdsWhereAsync("id > 5 and color != 'red'")).ShouldBe([6, 7, 8]);
        (await Milvus.IdsWhereAsync("color like 'Great%'")).ShouldBeEmpty();
        (await Milvus.IdsWhereAsync("j['a'] in [6]")).ShouldBe([7], "the first of two members of a name counts");
        (await Milvus.IdsWhereAsync("j['a'] == 'x' or id == 6")).ShouldBe([6]);
    }

    [Theory]
    [InlineData("(", ")", 100_000)]
    [InlineData("not (", ")", 100_000)]
    public async Task A_filter_nested_without_measure_is_refused(string open, string close, int depth)
    {
        var filter = string.Concat(Enumerable.Repeat(open, depth)) + "id > 1" + string.Concat(Enumerable.Repeat(close, depth));
        (await Client.QueryAsync(Where(filter))).Status.Reason.ShouldEndWith("nested too deeply for the emulator");
    }

    [Fact]
    public async Task A_filter_nested_a_thousand_deep_is_read()
    {
        var filter = string.Concat(Enumerable.Repeat("not (", 1000)) + "id > 1" + new string(')', 1000);
        (await Milvus.IdsWhereAsync(filter)).ShouldBe([2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_filter_long_without_measure_is_read()
    {
        var filter = string.Join(" or ", Enumerable.Range(0, 20_000).Select(i => $"id == {i}"));
        (await Milvus.IdsWhereAsync(filter)).Count.ShouldBe(6);
    }
}
