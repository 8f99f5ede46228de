using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class WriteTests : EmulatorTest
{
    [Fact]
    public async Task Row_is_returned_as_inserted_for_every_type()
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

    private static readonly (string Reason, FieldData[] Columns)[] InvalidColumns =
    [
        ("(v) is not equal", [Ids(1, 2), Vectors([1, 2]), Texts("t", "a", "b")]),
        ("dim(2)", [Ids(1, 2), Vectors([1, 2, 3]), Texts("t", "a", "b")]),
        ("FloatVector for field v", [Ids(1), Texts("t", "a")]),
        ("VarChar for field t", [Ids(1), Vectors([1, 2]), Column("t", DataType.Int64, new() { LongData = new() { Data = { 1 } } })]),
        ("max length (8)", [Ids(1), Vectors([1, 2]), Texts("t", "123456789")]),
        ("field u", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Texts("u", "a")]),
        ("field t is in the request twice", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Texts("t", "a")]),
        ("field v contain a value", [Ids(1), Vectors([1, float.NaN]), Texts("t", "a")]),
        ("field $meta", [Ids(1), Vectors([1, 2]), Texts("t", "a"), Jsons("$meta", "[1]")]),
    ];

    [Fact]
    public async Task Invalid_columns_are_refused_and_nothing_is_stored()
    {
        await Milvus.CreateLoadedAsync(dynamic: true, more: Field("t", DataType.VarChar, maxLength: 8));
        foreach (var (reason, columns) in InvalidColumns)
        {
            Refused((await Client.InsertAsync(Rows(columns))).Status, reason);
            Refused((await Client.UpsertAsync(Upsert(Rows(columns)))).Status, reason);
        }

        (await Milvus.CountAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4_000_000_000)]
    public async Task Wrong_row_count_is_refused(uint count)
    {
        await Milvus.CreateLoadedAsync();
        var request = Rows(Ids(1, 2), Vectors([1, 2], [3, 4]));
        request.NumRows = count;
        Refused((await Client.InsertAsync(request)).Status, "num_rows");
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
    public async Task Upsert_replaces_rows_with_the_same_keys()
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1, 2), Vectors([1, 1], [2, 2]), Texts("t", "one", "two"));

        var result = await Client.UpsertAsync(Upsert(Rows(Ids(2, 3), Vectors([9, 9], [3, 3]), Texts("t", "TWO", "three"))));

        (result.InsertCnt, result.DeleteCnt, result.UpsertCnt).ShouldBe((2, 2, 2));
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1, 2, 3]);
        (await Milvus.IdsWhereAsync("t == 'TWO'")).ShouldBe([2]);
        (await Milvus.IdsWhereAsync("t == 'two'")).ShouldBeEmpty();
        (await Client.SearchAsync(Nearest([[9, 9]], limit: 1))).Results.Ids.IntId.Data.ShouldBe([2]);
    }

    [Fact]
    public async Task Rows_are_deleted_by_key_and_by_filter()
    {
        await Milvus.CreateLoadedAsync(more: Field("t", DataType.VarChar, maxLength: 8));
        await Milvus.InsertAsync(Ids(1, 2, 3, 4), Vectors([1, 1], [2, 2], [3, 3], [4, 4]), Texts("t", "a", "b", "a", "b"));

        (await Client.DeleteAsync(Delete("id in [1, 99]"))).DeleteCnt.ShouldBe(2); // Milvus counts the keys of the request
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([2, 3, 4]);
        (await Client.DeleteAsync(Delete("t == 'b' and id > 2"))).DeleteCnt.ShouldBe(1);
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([2, 3]);
        (await Client.SearchAsync(Nearest([[1, 1]]))).Results.Ids.IntId.Data.ShouldBe([2, 3]);
    }

    [Theory]
    [InlineData("true == true")]
    [InlineData("id == 1 or 1 < 2")]
    [InlineData("id >")]
    [InlineData(" ")]
    public async Task Invalid_filter_deletes_nothing(string filter)
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2), Vectors([1, 1], [2, 2]));

        (await Client.DeleteAsync(Delete(filter))).Status.Code.ShouldNotBe(0);

        (await Milvus.CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task Row_count_includes_flushed_and_deleted_rows()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 1], [2, 2], [3, 3]));
        (await Client.GetCollectionStatisticsAsync(Named)).Stats.Single().Value.ShouldBe("0");
        (await Milvus.FlushedAsync()).ShouldBe("3");

        Succeeded((await Client.DeleteAsync(Delete("id in [1]"))).Status);
        Succeeded((await Client.UpsertAsync(Upsert(Rows(Ids(2), Vectors([9, 9]))))).Status);

        (await Milvus.FlushedAsync()).ShouldBe("4");
        (await Milvus.CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task Flush_returns_the_segment_that_it_seals()
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
