using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

public sealed class ConcurrencyTests : EmulatorTest
{
    [Fact]
    public async Task Thousand_connections_are_served_at_once()
    {
        const int connections = 1000;
        await Milvus.CreateLoadedAsync();
        var clients = Enumerable.Range(0, connections).Select(_ => new TestMilvusClient(Emulator.Address)).ToList();
        try
        {
            var found = await Task.WhenAll(clients.Select(async (client, i) =>
            {
                await client.InsertAsync(Ids(i), Vectors([i, 0]));
                return (await client.Client.SearchAsync(Nearest([[i, 0]], limit: 1))).Results.Ids.IntId.Data.Single();
            }));

            found.ShouldBe(Enumerable.Range(0, connections).Select(i => (long)i));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        (await Milvus.CountAsync()).ShouldBe(connections);
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
            var reads = 0;
            while (!written.IsCancellationRequested || reads == 0)
            {
                var rows = await Client.QueryAsync(Where("id >= 0", output: ["n"]));
                var numbers = rows.FieldsData.First(column => column.FieldName == "n").Scalars.IntData.Data;
                numbers.Count.ShouldBe(ids.Length);
                numbers.Distinct().Count().ShouldBe(1);
                reads++;
            }
        });
        for (var number = 1; number <= 500; number++)
        {
            Succeeded((await Client.UpsertAsync(Upsert(Rows(Version(number))))).Status);
        }

        await written.CancelAsync();
        await reader;
        (await Milvus.CountAsync()).ShouldBe(10);
    }

    [Fact]
    public async Task Concurrent_create_and_drop_cause_only_errors_of_Milvus()
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
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
            return statuses.Select(status => status.Code);
        }));

        codes.SelectMany(some => some).Distinct().ShouldBeSubsetOf([0, 100, 101, 700]); // no collection, not loaded, no index
    }
}
