using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class WriteTests : EmulatorTest
{
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
        // Every upsert sets the same new number in all ten rows.
        long[] ids = [.. Enumerable.Range(0, 10).Select(i => (long)i)];
        FieldData[] Version(int number) =>
        [
            Ids(ids), Vectors([.. ids.Select(_ => new float[] { number, 0 })]),
            Column("n", DataType.Int32, new() { IntData = new() { Data = { ids.Select(_ => number) } } }),
        ];
        await Milvus.CreateLoadedAsync(more: Field("n", DataType.Int32));
        await Milvus.InsertAsync(Version(0));
        using var written = new CancellationTokenSource();

        var reader = Task.Run(async () =>
        {
            do
            {
                var rows = await Client.QueryAsync(Where("id >= 0", output: ["n"]));
                var numbers = rows.FieldsData.First(column => column.FieldName == "n").Scalars.IntData.Data;
                numbers.Count.ShouldBe(ids.Length);
                numbers.Distinct().Count().ShouldBe(1);
            }
            while (!written.IsCancellationRequested);
        });
        for (var number = 1; number <= 500; number++)
        {
            Succeeded((await Client.UpsertAsync(Upsert(Rows(Version(number))))).Status);
        }

        await written.CancelAsync();
        await reader;
    }

    [Fact]
    public async Task Flush_seals_a_segment_and_row_statistics_include_deleted_rows()
    {
        await Milvus.CreateLoadedAsync();
        await Milvus.InsertAsync(Ids(1, 2, 3), Vectors([1, 1], [2, 2], [3, 3]));
        (await StatisticsAsync()).ShouldBe("0");
        var request = new FlushRequest { CollectionNames = { Collection } };

        var segment = (await Client.FlushAsync(request)).CollSegIDs[Collection].Data.ShouldHaveSingleItem();

        (await StatisticsAsync()).ShouldBe("3");
        (await Client.GetFlushStateAsync(new() { SegmentIDs = { segment } })).Flushed.ShouldBeTrue();
        Succeeded((await Client.DeleteAsync(Delete("id in [1]"))).Status);
        Succeeded((await Client.UpsertAsync(Upsert(Rows(Ids(2), Vectors([9, 9]))))).Status);
        (await Client.FlushAsync(request)).FlushCollSegIDs[Collection].Data.ShouldBe([segment]);
        (await StatisticsAsync()).ShouldBe("4");
        (await Milvus.CountAsync()).ShouldBe(2);

        async Task<string> StatisticsAsync() => (await Client.GetCollectionStatisticsAsync(Named)).Stats.Single().Value;
    }
}
