using System.Data.Common;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Collections;
using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

/// <summary>The same calls to a real Milvus and to the emulator, answer by answer.</summary>
[Collection(RealServers.Collection)]
public sealed partial class SameAsMilvusTests
{
    [RequiresFact(Capability.Servers)]
    public async Task The_emulator_answers_as_Milvus_does()
    {
        var endpoint = new DbConnectionStringBuilder { ConnectionString = RealServers.Milvus }["Endpoint"];
        using var real = new MilvusCalls(new((string)endpoint));
        await using var emulator = await MilvusEmulator.StartAsync(new() { Port = 0 });
        using var emulated = new MilvusCalls(emulator.Address);

        var expected = await ScenarioAsync(real);
        var actual = await ScenarioAsync(emulated);

        var different = expected.Zip(actual).Where(pair => pair.First != pair.Second).ToList();
        different.ShouldBeEmpty(string.Join('\n', different.Select(pair => $"Milvus:   {pair.First}\nemulator: {pair.Second}")));
    }

    private static async Task<IReadOnlyList<string>> ScenarioAsync(MilvusCalls milvus)
    {
        var client = milvus.Client;
        var answers = new List<string>();
        void Note(IMessage answer) => answers.Add(Comparable(answer));
        FieldSchema[] fields =
        [
            Field("id", DataType.Int64, isKey: true), Vector("v", 2), Field("t", DataType.VarChar, maxLength: 8),
            Field("n", DataType.Int32), Field("f", DataType.Float), Field("j", DataType.Json),
        ];

        // Collections
        Note(await client.ShowCollectionsAsync(new(), new Grpc.Core.Metadata { { "dbname", "other" } }));
        await client.DropCollectionAsync(Named);
        Note(await client.HasCollectionAsync(Named));
        Note(await client.DescribeCollectionAsync(new() { CollectionName = Collection }));
        Note(await client.LoadCollectionAsync(Named));
        Note(await client.SearchAsync(Nearest([[1, 2]])));
        Note(await client.DeleteAsync(Delete("id in [1]")));
        Note(await client.HasCollectionAsync(new() { CollectionName = "1a" }));
        Note(await client.CreateCollectionAsync(Create(Collection, [Vector("v", 2)])));
        Note(await client.CreateCollectionAsync(Create(Collection, [fields[0], Vector("v", 0)])));
        Note(await client.CreateCollectionAsync(Create(Collection, [fields[0], Vector("v", 2), Vector("w", 2)])));
        Note(await client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Note(await client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Note(await client.CreateCollectionAsync(Create(Collection, fields)));
        Note(await client.DescribeCollectionAsync(new() { CollectionName = Collection }));

        // Indexes and loading
        Note(await client.DescribeIndexAsync(OfIndex()));
        Note(await client.LoadCollectionAsync(Named));
        Note(await client.SearchAsync(Nearest([[1, 2]])));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "NOPE"), ("metric_type", "L2"))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "NOPE"))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "HNSW"), ("metric_type", "L2"), ("params", """{"M":8,"efConstruction":64}"""))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "IP"))));
        Note(await client.DescribeIndexAsync(OfIndex()));
        Note(await client.GetIndexStateAsync(OfIndex("v")));
        Note(await client.GetLoadStateAsync(new() { CollectionName = Collection }));
        Note(await client.LoadCollectionAsync(Named));
        await LoadedAsync(client);
        Note(await client.GetLoadStateAsync(new() { CollectionName = Collection }));
        Note(await client.GetLoadingProgressAsync(new() { CollectionName = Collection }));
        Note(await client.DropIndexAsync(OfIndex("v")));
        Note(await client.CreatePartitionAsync(InPartition("p")));
        Note(await client.HasPartitionAsync(InPartition("p")));
        Note(await client.HasPartitionAsync(InPartition("q")));
        Note(await client.ShowPartitionsAsync(new() { CollectionName = Collection }));
        Note(await client.DropPartitionAsync(InPartition("p")));

        // Writing
        long[] ids = [0, 1, 2, 3, 4, 5];
        var rows = Rows(
            Ids(ids), Vectors([.. ids.Select(id => new float[] { id, id * id })]), Texts("t", [.. ids.Select(id => $"t{id}")]),
            Column("n", DataType.Int32, new() { IntData = new() { Data = { ids.Select(id => (int)id) } } }),
            Column("f", DataType.Float, new() { FloatData = new() { Data = { ids.Select(id => id / 10f) } } }),
            Jsons("j", [.. ids.Select(id => $$"""{"a": {{id}}}""")]),
            Jsons("$meta", [.. ids.Select(id => $$"""{"color": "{{(id % 2 == 0 ? "red" : "blue")}}"}""")]));
        Note(await client.InsertAsync(rows));
        Note(await client.InsertAsync(Changed(rows, request => request.NumRows = 7)));
        Note(await client.InsertAsync(Changed(rows, request => request.FieldsData[1] = Vectors([.. ids.Select(_ => new float[3])]))));
        Note(await client.InsertAsync(Changed(rows, request => request.FieldsData[2] = Texts("t", "1", "2", "3", "4", "5", "123456789"))));
        Note(await client.InsertAsync(Changed(rows, request => request.PartitionName = "q")));
        Note(await client.UpsertAsync(Changed(rows, request => request.FieldsData[2] = Texts("t", "t0", "t1", "t2", "t3", "t4", "T5"))));

        // Reading
        Note(await client.SearchAsync(Nearest([[3, 9], [0.25f, 0]], output: ["t", "v"])));
        Note(await client.SearchAsync(Nearest([[3, 9]], limit: 2, filter: "color == 'red' and id > 0", output: ["*"])));
        Note(await client.SearchAsync(Nearest([[3, 9]], more: ("offset", "1"))));
        Note(await client.SearchAsync(Nearest([[3, 9]], more: ("params", """{"range_filter": 9}"""))));
        Note(await client.SearchAsync(Nearest([[float.NaN, 9]])));
        Note(await client.SearchAsync(Nearest([[3, 9]], metric: "")));
        Note(await client.SearchAsync(Nearest([[3, 9]], metric: "COSINE")));
        Note(await client.SearchAsync(Nearest([[3, 9]], limit: 0)));
        Note(await client.SearchAsync(Nearest([[3, 9]], filter: "t like '%1'")));
        Note(await client.SearchAsync(Nearest([[3, 9]], more: ("anns_field", "t"))));
        Note(await client.SearchAsync(Nearest([], limit: 1)));
        foreach (var filter in new[]
        {
            "id in [1, 2, 99]", "1 < id <= 3", "not (id > 2)", "t like 't%'", "t == 'T5' or n == 0", "f == 0.3", "j['a'] > 3",
            "color != 'red'", "nothing == 1", "id", "t == 1", "id == 1.5", "t like '%1'", "", "id in [", "not t like 't1%'",
            "t like ''", "n > +1", "id == -(-2)", "id == 0b10", "id == 010", "id == 0x2", "id > 1 AND id < 3", "id IN [1]", "id not in [1, 2]", "id is null",
            "n == 1.0", "id in [1.5]", "j['a'] == 2 and color in ['red']", "id == 1 or (n == 2 and not (color == 'red'))",
        })
        {
            var answer = await client.QueryAsync(Where(filter, output: ["t"]));
            if (filter == "id in [")
            {
                answer.Status.Reason = answer.Status.Reason[..answer.Status.Reason.IndexOf(", error", StringComparison.Ordinal)]; // the parsers differ
            }

            Note(answer);
        }

        Note(await client.QueryAsync(Where("id >= 0", parameters: [("limit", "2"), ("offset", "1")])));
        Note(await client.QueryAsync(Where("id >= 0", output: ["no such", "%"])));
        Note(await client.QueryAsync(Where("id >= 0", parameters: ("limit", "0"))));
        var count = await client.QueryAsync(Where("id > 1", output: ["count(*)"]));
        answers.Add($"{count.FieldsData}");

        // Upserting into another partition
        Note(await client.CreatePartitionAsync(InPartition("p")));
        Note(await client.UpsertAsync(Changed(rows, request => request.PartitionName = "p")));
        answers.Add($"{(await client.QueryAsync(Where("id >= 0", output: ["count(*)"]))).FieldsData}");
        Note(await client.DeleteAsync(Delete("id in [0, 1, 2, 3, 4, 5]", partition: "p")));
        answers.Add($"{(await client.QueryAsync(Where("id >= 0", output: ["count(*)"]))).FieldsData}");

        // Deleting
        Note(await client.DeleteAsync(Delete("id in [1, 99]")));
        Note(await client.DeleteAsync(Delete("color == 'red' and n > 3")));
        Note(await client.DeleteAsync(Delete("id >")));
        Note(await client.QueryAsync(Where("id >= 0", output: ["*"])));
        Note(await client.ReleaseCollectionAsync(Named));
        Note(await client.QueryAsync(Where("id >= 0")));
        Note(await client.DropCollectionAsync(Named));
        Note(await client.HasCollectionAsync(Named));
        return answers;
    }

    private static InsertRequest Changed(InsertRequest request, Action<InsertRequest> change)
    {
        var changed = request.Clone();
        change(changed);
        return changed;
    }

    private static async Task LoadedAsync(MilvusService.MilvusServiceClient client)
    {
        while ((await client.GetLoadStateAsync(new() { CollectionName = Collection })).State is not LoadState.Loaded)
        {
            await Task.Delay(50);
        }
    }

    /// <summary>
    /// An answer without what is different each time: ids, times and names made of them, and the order of fields. The
    /// detail only repeats the reason, and newer Milvus names the key and gives each change its time.
    /// </summary>
    internal static string Comparable(IMessage answer)
    {
        static void Sort(RepeatedField<FieldData> columns)
        {
            FieldData[] sorted = [.. columns.OrderBy(column => column.FieldName, StringComparer.Ordinal)];
            columns.Clear();
            columns.AddRange(sorted);
        }

        static void SortNames(RepeatedField<string> names)
        {
            string[] sorted = [.. names.Order(StringComparer.Ordinal)];
            names.Clear();
            names.AddRange(sorted);
        }

        var status = answer as Status ?? answer.Descriptor.FindFieldByNumber(1).Accessor.GetValue(answer) as Status;
        status!.Detail = "";
        switch (answer)
        {
            case SearchResults { Results: { } results }:
                Sort(results.FieldsData);
                SortNames(results.OutputFields);
                results.PrimaryFieldName = "";
                break;
            case QueryResults results:
                Sort(results.FieldsData);
                SortNames(results.OutputFields);
                results.PrimaryFieldName = "";
                break;
            case MutationResult result:
                result.Timestamp = 0;
                break;
            case DescribeCollectionResponse description:
                description.PhysicalChannelNames.Clear();
                description.VirtualChannelNames.Clear();
                description.UpdateTimestamp = 0;
                break;
        }

        var text = Channels().Replace($"{answer.Descriptor.Name} {answer}", "CHANNEL");
        text = Numbers().Replace(text, "NUMBER");

        // A collection that was dropped, such as that of the run before this one, Milvus goes on to name by its id.
        return text.Replace($"[database=default][collection={Collection}]", "[collection=NUMBER]", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"[a-z-]+-dml_\d+_\d+v0")]
    private static partial Regex Channels();

    [GeneratedRegex(@"\d{13,}")]
    private static partial Regex Numbers();
}
