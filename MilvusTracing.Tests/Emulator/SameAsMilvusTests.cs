using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Collections;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>Sends the same calls to a real Milvus and to the emulator, and compares the responses.</summary>
[Collection(RealServers.Collection)]
public sealed partial class SameAsMilvusTests : EmulatorTest
{
    [RequiresFact(Capability.Servers)]
    public async Task Emulator_responds_as_Milvus_does()
    {
        using var real = new TestMilvusClient(RealServers.MilvusUrl);

        var expected = await ScenarioAsync(real);
        var actual = await ScenarioAsync(Milvus);

        var different = expected.Zip(actual).Where(pair => pair.First != pair.Second).ToList();
        different.ShouldBeEmpty(string.Join('\n', different.Select(pair => $"Milvus:   {pair.First}\nemulator: {pair.Second}")));
    }

    private static async Task<IReadOnlyList<string>> ScenarioAsync(TestMilvusClient milvus)
    {
        var client = milvus.Client;
        var responses = new List<string>();
        void Note(IMessage response) => responses.Add(Comparable(response));

        // Where the emulator's reason has its own wording, compare the error code only, and where its code differs, too, the refusal.
        static string Code(Status status) => $"{status.Code} {status.ErrorCode}";
        void NoteCode(Status status) => responses.Add(Code(status));
        void NoteRefusal(Status status) => responses.Add(status.Code == 0 ? "accepted" : "refused");
        FieldSchema[] fields =
        [
            Field("id", DataType.Int64, isKey: true), Vector("v", 2), Field("t", DataType.VarChar, maxLength: 8),
            Field("n", DataType.Int32), Field("f", DataType.Float), Field("j", DataType.Json),
        ];

        // Collections
        Note(await client.ShowCollectionsAsync(new(), new Grpc.Core.Metadata { { "dbname", "other" } }));
        await client.DropCollectionAsync(Named);
        Note(await client.HasCollectionAsync(Named));
        Note(await client.HasCollectionAsync(new() { DbName = "other", CollectionName = Collection }));
        Note(await client.DescribeCollectionAsync(new() { CollectionName = Collection }));
        Note(await client.LoadCollectionAsync(Named));
        Note(await client.SearchAsync(Nearest([[1, 2]])));
        NoteCode((await client.DeleteAsync(Delete("id in [1]"))).Status);
        NoteCode((await client.HasCollectionAsync(new() { CollectionName = "1a" })).Status);
        Note(await client.CreateCollectionAsync(Create(Collection, [Vector("v", 2)])));
        Note(await client.CreateCollectionAsync(Create(Collection, [fields[0], Vector("v", 0)])));
        Note(await client.CreateCollectionAsync(Create(Collection, [fields[0], Vector("v", 2), Vector("w", 2)])));
        foreach (var invalid in (FieldSchema[])
        [
            Field("id2", DataType.Int64, isKey: true), Field("v", DataType.Int64), Field("w", DataType.FloatVector), Vector("w", "x"),
            Field("t", DataType.VarChar), Field("n", DataType.Int64, automatic: true), Field("1n", DataType.Int64),
        ])
        {
            NoteRefusal(await client.CreateCollectionAsync(Create(Collection, [fields[0], Vector("v", 2), invalid])));
        }

        NoteCode(await client.CreateCollectionAsync(Create(Collection, [Field("id", DataType.Float, isKey: true), Vector("v", 2)])));
        Note(await client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Note(await client.CreateCollectionAsync(Create(Collection, fields, dynamic: true)));
        Note(await client.CreateCollectionAsync(Create(Collection, fields)));
        Note(await client.DescribeCollectionAsync(new() { CollectionName = Collection }));

        // Indexes and loading
        Note(await client.DescribeIndexAsync(OfIndex()));
        Note(await client.LoadCollectionAsync(Named));
        Note(await client.SearchAsync(Nearest([[1, 2]])));
        NoteCode((await client.QueryAsync(Where("id > 0"))).Status);
        NoteCode((await client.DeleteAsync(Delete("id > 2"))).Status);
        Note(await client.DeleteAsync(Delete("id in [2]")));
        NoteCode((await client.GetLoadingProgressAsync(new() { CollectionName = Collection })).Status);
        NoteCode(await client.CreateIndexAsync(Index("nope", ("index_type", "FLAT"), ("metric_type", "L2"))));
        NoteCode(await client.CreateIndexAsync(Index("v", ("index_type", "NOPE"), ("metric_type", "L2"))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "NOPE"))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "HNSW"), ("metric_type", "L2"), ("params", """{"M":8,"efConstruction":64}"""))));
        Note(await client.CreateIndexAsync(Index("v", ("index_type", "FLAT"), ("metric_type", "IP"))));
        Note(await client.DescribeIndexAsync(OfIndex()));
        Note(await client.GetIndexStateAsync(OfIndex("v")));
        Note(await client.GetLoadStateAsync(new() { CollectionName = Collection }));
        Note(await client.LoadCollectionAsync(Named));
        await milvus.LoadedAsync();
        Note(await client.GetLoadStateAsync(new() { CollectionName = Collection }));
        Note(await client.GetLoadingProgressAsync(new() { CollectionName = Collection }));
        Note(await client.DropIndexAsync(OfIndex("v")));

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
        foreach (var change in (Action<InsertRequest>[])
        [
            request => request.FieldsData.RemoveAt(1), request => request.FieldsData[2] = Ids(ids), request => request.FieldsData.Add(Texts("t", "a")),
            request => request.FieldsData[1].Vectors.FloatVector.Data[0] = float.NaN, request => request.FieldsData[6] = Jsons("$meta", [.. ids.Select(_ => "[1]")]),
            request => request.NumRows = 0, request => request.FieldsData[2] = Texts("t", "a", "b"),
        ])
        {
            NoteRefusal((await client.InsertAsync(Changed(rows, change))).Status);
        }

        Note(await client.UpsertAsync(Upsert(Changed(rows, request => request.FieldsData[2] = Texts("t", "t0", "t1", "t2", "t3", "t4", "T5")))));

        // Reading
        Note(await client.SearchAsync(Nearest([[3, 9], [0.25f, 0]], output: ["t", "v"])));
        Note(await client.SearchAsync(Nearest([[3, 9]], limit: 2, filter: "color == 'red' and id > 0", output: ["*"])));
        Note(await client.SearchAsync(Nearest([[3, 9]], more: ("offset", "1"))));
        Note(await client.SearchAsync(Nearest([[float.NaN, 9]])));
        Note(await client.SearchAsync(Nearest([[3, 9]], metric: "")));
        NoteCode((await client.SearchAsync(Nearest([[3, 9]], metric: "COSINE"))).Status);
        Note(await client.SearchAsync(Nearest([[3, 9]], limit: 0)));
        NoteCode((await client.SearchAsync(Nearest([[3, 9]], filter: "t like '%1'"))).Status);
        Note(await client.SearchAsync(Nearest([[3, 9]], more: ("anns_field", "t"))));
        Note(await client.SearchAsync(Nearest([], limit: 1)));
        NoteCode((await client.SearchAsync(Nearest([[1, 0, 0]]))).Status);
        foreach (var (name, value) in new[] { ("anns_field", "nope"), ("topk", "many"), ("offset", "-1"), ("round_decimal", "x"), ("params", "{bad") })
        {
            NoteCode((await client.SearchAsync(Nearest([[3, 9]], more: (name, value)))).Status);
        }

        foreach (var filter in new[]
        {
            "t == 'T5' or n == 0", "nothing == 1", "id", "t == 1", "id == 1.5", "t like '%1'", "", "id in [", "not t like 't1%'", "t like ''",
            "n > +1", "id > 1 AND id < 3", "id IN [1]", "id is null", "n == 1.0", "id in [1.5]", "id == 5 or id >= 1 and id <= 2",
            "(id == 5 or id >= 1) and id <= 2", "!(id > 2) && !(id == 0)", "t == 't\\'1'",
        })
        {
            var response = await client.QueryAsync(Where(filter, output: ["t"]));
            responses.Add(response.Status.Code == 0 ? Comparable(response) : Code(response.Status));
        }

        Note(await client.QueryAsync(Where("id >= 0", parameters: ("limit", "0"))));
        NoteCode((await client.QueryAsync(Where("id > 1", output: ["count(*)"], parameters: ("limit", "2")))).Status);
        NoteCode((await client.QueryAsync(Where("id > 0", output: ["nope"]))).Status);
        NoteRefusal((await client.QueryAsync(Where("id > 0", partitions: ["p"]))).Status);

        // Deleting
        Note(await client.DeleteAsync(Delete("id in [1, 99]")));
        NoteCode((await client.DeleteAsync(Delete("id >"))).Status);
        Note(await client.QueryAsync(Where("id >= 0", output: ["*"])));
        Note(await client.ReleaseCollectionAsync(Named));
        Note(await client.QueryAsync(Where("id >= 0")));
        Note(await client.DropCollectionAsync(Named));
        Note(await client.HasCollectionAsync(Named));
        return responses;
    }

    private static InsertRequest Changed(InsertRequest request, Action<InsertRequest> change)
    {
        var changed = request.Clone();
        change(changed);
        return changed;
    }

    /// <summary>
    /// Returns a response as text, without the values that differ each time (IDs, times, channel names), with sorted fields,
    /// and without the detail, which repeats the reason, and the fields that newer versions of Milvus added.
    /// </summary>
    internal static string Comparable(IMessage response)
    {
        static void Sort<T>(RepeatedField<T> items, Func<T, string> name)
        {
            T[] sorted = [.. items.OrderBy(name, StringComparer.Ordinal)];
            items.Clear();
            items.AddRange(sorted);
        }

        var status = response as Status ?? response.Descriptor.FindFieldByNumber(1).Accessor.GetValue(response) as Status;
        status!.Detail = "";
        switch (response)
        {
            case SearchResults { Results: { } results }:
                Sort(results.FieldsData, column => column.FieldName);
                Sort(results.OutputFields, name => name);
                results.PrimaryFieldName = "";
                break;
            case QueryResults results:
                Sort(results.FieldsData, column => column.FieldName);
                Sort(results.OutputFields, name => name);
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

        var text = Channels().Replace($"{response.Descriptor.Name} {response}", "CHANNEL");
        text = Numbers().Replace(text, "NUMBER");

        // Milvus refers to a dropped collection, such as the one of the previous run, by its ID.
        return text.Replace($"[database=default][collection={Collection}]", "[collection=NUMBER]", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"[a-z-]+-dml_\d+_\d+v0")]
    private static partial Regex Channels();

    [GeneratedRegex(@"\d{13,}")]
    private static partial Regex Numbers();
}
