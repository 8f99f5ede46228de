using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class WriteTests : EmulatorTest
{
    [Fact]
    public async Task A_row_comes_back_as_it_went_in_whatever_its_types()
    {
        FieldSchema[] fields =
        [
            Field("b", DataType.Bool), Field("i8", DataType.Int8), Field("i16", DataType.Int16), Field("i32", DataType.Int32),
            Field("f", DataType.Float), Field("d", DataType.Double), Field("t", DataType.VarChar, maxLength: 20), Field("j", DataType.Json),
        ];
        await Milvus.CreateLoadedAsync(dynamic: true, more: fields);
        FieldData[] sent =
        [
            Ids(7), Vectors([0.5f, -1]),
            Column("b", DataType.Bool, new() { BoolData = new() { Data = { true } } }),
            Column("i8", DataType.Int8, new() { IntData = new() { Data = { -128 } } }),
            Column("i16", DataType.Int16, new() { IntData = new() { Data = { 32767 } } }),
            Column("i32", DataType.Int32, new() { IntData = new() { Data = { int.MinValue } } }),
            Column("f", DataType.Float, new() { FloatData = new() { Data = { 0.1f } } }),
            Column("d", DataType.Double, new() { DoubleData = new() { Data = { 0.1 } } }),
            Texts("t", "Möwe"), Jsons("j", """{"a": [1, 2]}"""), Jsons("$meta", """{"color": "red"}"""),
        ];
        await Milvus.InsertAsync(sent);

        var found = await Client.QueryAsync(Where("id == 7", output: ["*"]));

        foreach (var column in found.FieldsData)
        {
            column.FieldId = 0;
        }

        found.FieldsData.OrderBy(column => column.FieldName).ShouldBe(sent.OrderBy(column => column.FieldName));
    }

    [Theory]
    [InlineData("no rows", 1100, "num_rows should be greater than 0: invalid parameter[expected=invalid num_rows][actual=0]")]
    [InlineData("more rows announced", 1100, "the num_rows (2) of field (id) is not equal to passed num_rows (3): invalid parameter[expected=3][actual=3]")]
    [InlineData("four thousand million rows announced", 1100, "the num_rows (2) of field (id) is not equal to passed num_rows (2147483647): invalid parameter[expected=2147483647][actual=2147483647]")]
    [InlineData("wrong dimension", 65535, "the length(3) of float data should divide the dim(2)")]
    [InlineData("no vectors", 1100, "float vector field 'v' is illegal, array type mismatch: invalid parameter[expected=need float vector][actual=got nil]")]
    [InlineData("no texts", 65535, "field t has no data in the request, and the emulator has no default values")]
    [InlineData("long text", 1100, "the length (9) of 1th string exceeds max length (8): invalid parameter[expected=valid length string][actual=string length exceeds max length]")]
    [InlineData("numbers for texts", 1100, "varchar field 't' is illegal, array type mismatch: invalid parameter[expected=need string array][actual=got nil]")]
    [InlineData("texts for keys", 1100, "int64 field 'id' is illegal, array type mismatch: invalid parameter[expected=need int64 array][actual=got nil]")]
    [InlineData("unknown field", 1100, "the number of fields is less than needed: invalid parameter[expected=3][actual=4]")]
    [InlineData("field twice", 1100, "duplicated field id found: invalid parameter")]
    [InlineData("not a number", 65535, "value 'NaN' is not a number or infinity")]
    [InlineData("unknown partition", 200, "partition not found[partition=nope]")]
    public async Task A_row_that_does_not_fit_is_refused_and_nothing_is_stored(string what, int code, string reason)
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        float[][] vectors = [[1, 2], [3, 4]];
        var request = what switch
        {
            "wrong dimension" => Rows(Ids(1, 2), Vectors([1, 2, 3]), Texts("t", "a", "b")),
            "no vectors" => Rows(Ids(1, 2), Texts("t", "a", "b")),
            "no texts" => Rows(Ids(1, 2), Vectors(vectors)),
            "long text" => Rows(Ids(1, 2), Vectors(vectors), Texts("t", "a", "123456789")),
            "numbers for texts" => Rows(Ids(1, 2), Vectors(vectors), Column("t", DataType.Int64, new() { LongData = new() { Data = { 1, 2 } } })),
            "texts for keys" => Rows(Texts("id", "a", "b"), Vectors(vectors), Texts("t", "a", "b")),
            "unknown field" => Rows(Ids(1, 2), Vectors(vectors), Texts("t", "a", "b"), Texts("u", "a", "b")),
            "field twice" => Rows(Ids(1, 2), Vectors(vectors), Texts("t", "a", "b"), Texts("t", "a", "b")),
            "not a number" => Rows(Ids(1, 2), Vectors([1, float.NaN], [3, 4]), Texts("t", "a", "b")),
            _ => Rows(Ids(1, 2), Vectors(vectors), Texts("t", "a", "b")),
        };
        request.NumRows = what switch { "no rows" => 0, "more rows announced" => 3, "four thousand million rows announced" => 4_000_000_000, _ => request.NumRows };
        request.PartitionName = what == "unknown partition" ? "nope" : "";

        var result = await Client.InsertAsync(request);

        (result.Status.Code, result.Status.Reason).ShouldBe((code, reason));
        (await Client.UpsertAsync(request)).Status.ShouldBe(result.Status);
        (await Milvus.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Automatic_keys_are_given_and_answered()
    {
        Succeeded(await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.VarChar, isKey: true, automatic: true, maxLength: 32), Vector("v", 2)])));
        var request = Rows(Vectors([1, 2], [3, 4]));
        request.NumRows = 2;

        var result = await Client.InsertAsync(request);

        result.InsertCnt.ShouldBe(2);
        result.IDs.StrId.Data.Distinct().Count().ShouldBe(2);
        (await Client.UpsertAsync(request)).Status.Reason.ShouldBe("upsert can not assign primary field data when auto id enabled id: invalid parameter");
    }

    [Fact]
    public async Task An_upsert_replaces_the_rows_of_its_keys_and_adds_the_others()
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1, 2), Vectors([1, 1], [2, 2]), Texts("t", "one", "two"));

        var result = await Client.UpsertAsync(Rows(Ids(2, 3), Vectors([9, 9], [3, 3]), Texts("t", "TWO", "three")));

        (result.InsertCnt, result.DeleteCnt, result.UpsertCnt).ShouldBe((2, 2, 2));
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1, 2, 3]);
        (await Milvus.IdsWhereAsync("t == 'TWO'")).ShouldBe([2]);
        (await Milvus.IdsWhereAsync("t == 'two'")).ShouldBeEmpty();
        (await Client.SearchAsync(Nearest([[9, 9]], limit: 1))).Results.Ids.IntId.Data.ShouldBe([2]);
    }

    [Fact]
    public async Task Rows_are_deleted_by_key_and_by_condition()
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 1], [2, 2], [3, 3], [4, 4]), Texts("t", "a", "b", "a", "b"));

        (await Client.DeleteAsync(Delete("id in [1, 99]"))).DeleteCnt.ShouldBe(2); // Milvus counts the keys that it was given
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([2, 3, 4]);
        (await Client.DeleteAsync(Delete("t == 'b' and id > 2"))).DeleteCnt.ShouldBe(1);
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([2, 3]);
        (await Client.SearchAsync(Nearest([[1, 1]]))).Results.Ids.IntId.Data.ShouldBe([2, 3]);

        (await Client.DeleteAsync(Delete("id >"))).Status.Reason.ShouldBe("failed to create expr plan, expr = id >");
        (await Client.DeleteAsync(Delete(""))).Status.Reason.ShouldBe("invalid expression: invalid parameter[expected=valid expr][actual=empty expr]");
        (await Client.DeleteAsync(Delete("id in [2]", partition: "nope"))).Status.Reason.ShouldBe("Failed to get partition id: partition not found[partition=nope]");
    }

    [Fact]
    public async Task An_upsert_replaces_nothing_in_another_partition_and_nothing_of_its_own()
    {
        await Milvus.CreateLoadedAsync();
        Succeeded(await Client.CreatePartitionAsync(InPartition("p")));
        await Milvus.InsertAsync(Ids(1), Vectors([1, 1]));
        var request = Rows(Ids(1, 2, 2), Vectors([2, 2], [3, 3], [4, 4]));
        request.PartitionName = "p";

        (await Client.UpsertAsync(request)).UpsertCnt.ShouldBe(3);

        (await Milvus.CountAsync()).ShouldBe(4);
        (await Client.UpsertAsync(request)).UpsertCnt.ShouldBe(3);
        (await Milvus.CountAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task A_row_that_is_deleted_by_condition_takes_all_rows_of_its_key_along()
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1, 1, 2), Vectors([1, 1], [2, 2], [3, 3]), Texts("t", "a", "b", "b"));

        (await Client.DeleteAsync(Delete("t == 'a'"))).DeleteCnt.ShouldBe(1);

        (await Milvus.CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("true == true")]
    [InlineData("1 == 1")]
    [InlineData("id == 1 or 1 < 2")]
    [InlineData("id > 0 AND id < 9")]
    [InlineData(" ")]
    public async Task What_is_no_condition_on_rows_deletes_none(string filter)
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2), Vectors([1, 1], [2, 2]));

        (await Client.DeleteAsync(Delete(filter))).Status.Code.ShouldNotBe(0);

        (await Milvus.CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task The_row_count_is_of_what_was_flushed_and_knows_nothing_of_deletes()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 1], [2, 2], [3, 3]));
        (await Client.GetCollectionStatisticsAsync(Named)).Stats.Single().Value.ShouldBe("0");
        (await Milvus.FlushedAsync()).ShouldBe("3");

        Succeeded((await Client.DeleteAsync(Delete("id in [1]"))).Status);
        Succeeded((await Client.UpsertAsync(Rows(Ids(2), Vectors([9, 9])))).Status);

        (await Milvus.FlushedAsync()).ShouldBe("4");
        (await Milvus.CountAsync()).ShouldBe(2);
    }

    [Theory]
    [InlineData("j", "[1]", "IO failed: json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("$meta", "1", "json: cannot unmarshal number into Go value of type map[string]interface {}")]
    public async Task A_JSON_value_that_is_no_object_is_refused(string field, string json, string reason)
    {
        await Milvus.CreateLoadedAsync(dynamic: true, more: Field("j", DataType.Json));
        FieldData[] columns = [Ids(1), Vectors([1, 1]), Jsons("j", field == "j" ? json : "{}"), Jsons("$meta", field == "$meta" ? json : "{}")];
        (await Client.InsertAsync(Rows(columns))).Status.Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task A_flush_names_the_segment_that_it_ended()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1), Vectors([1, 1]));
        var request = new FlushRequest { CollectionNames = { Collection } };

        var segment = (await Client.FlushAsync(request)).CollSegIDs[Collection].Data.ShouldHaveSingleItem();

        (await Client.GetFlushStateAsync(new() { SegmentIDs = { segment } })).Flushed.ShouldBeTrue();
        var again = await Client.FlushAsync(request);
        again.CollSegIDs[Collection].Data.ShouldBeEmpty();
        again.FlushCollSegIDs[Collection].Data.ShouldBe([segment]);
    }
}
