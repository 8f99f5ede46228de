using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

public sealed class ConcurrencyTests : EmulatorTest
{
    [Fact]
    public async Task A_thousand_clients_are_served_at_once()
    {
        const int clients = 1000;
        await Milvus.CreateLoadedAsync();
        var all = Enumerable.Range(0, clients).Select(_ => new MilvusCalls(Emulator.Address)).ToList();
        try
        {
            var found = await Task.WhenAll(all.Select(async (client, i) =>
            {
                await client.InsertAsync(Ids(i), Vectors([i, 0]));
                return (await client.Client.SearchAsync(Nearest([[i, 0]], limit: 1))).Results.Ids.IntId.Data.Single();
            }));

            found.ShouldBe(Enumerable.Range(0, clients).Select(i => (long)i));
        }
        finally
        {
            all.ForEach(client => client.Dispose());
        }

        (await Milvus.CountAsync()).ShouldBe(clients);
    }

    [Fact]
    public async Task A_reader_sees_each_change_whole_or_not_at_all()
    {
        // Every upsert gives all ten rows the same new number, so rows that differ were read from two versions.
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
            var reads = 0;
            while (!written.IsCancellationRequested || reads == 0)
            {
                var numbers = (await Client.QueryAsync(Where("id >= 0", output: ["n"]))).FieldsData.First(column => column.FieldName == "n").Scalars.IntData.Data;
                numbers.Count.ShouldBe(ids.Length);
                numbers.Distinct().Count().ShouldBe(1);
                reads++;
            }
        });
        for (var number = 1; number <= 500; number++)
        {
            Succeeded((await Client.UpsertAsync(Rows(Version(number)))).Status);
        }

        await written.CancelAsync();
        await reader;
        (await Milvus.CountAsync()).ShouldBe(10);
    }

    [Fact]
    public async Task Collections_come_and_go_under_load_without_an_error_that_Milvus_would_not_give()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            Status[] statuses =
            [
                await Client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Int64, isKey: true), Vector("v", 2)])),
                await Client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "L2"))),
                await Client.LoadCollectionAsync(Named),
                (await Client.InsertAsync(Rows(Ids(i), Vectors([i, i])))).Status,
                (await Client.SearchAsync(Nearest([[i, i]]))).Status,
                await Client.DropCollectionAsync(Named),
            ];
            return statuses;
        }));

        answers.SelectMany(statuses => statuses).Select(status => status.Code).Distinct()
            .ShouldBeSubsetOf([0, 100, 101, 700]); // no collection, not loaded, no index
    }
}
