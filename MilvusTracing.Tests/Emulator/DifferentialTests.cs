using System.Globalization;
using Google.Protobuf;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>
/// Sends hundreds of seeded random operations to a real Milvus and to the emulator, and compares the responses. No primary
/// key is inserted twice, and no values of different types are compared: in these cases Milvus's own responses vary.
/// </summary>
[Collection(RealServers.Collection)]
public sealed class DifferentialTests : EmulatorTest
{
    private const int Seed = 20261124;
    private const int Rounds = 40;
    private const int ReadsPerRound = 10;

    [RequiresFact(Capability.Servers)]
    public async Task Emulator_and_Milvus_return_the_same_responses()
    {
        using var real = new TestMilvusClient(RealServers.MilvusUrl);
        foreach (var milvus in new[] { real, Milvus })
        {
            await milvus.Client.DropCollectionAsync(Named);
            await milvus.CreateLoadedAsync(dynamic: true, dimension: 3, more:
            [
                Field("t", DataType.VarChar, maxLength: 8), Field("n", DataType.Int16), Field("f", DataType.Double), Field("b", DataType.Bool),
                Field("j", DataType.Json),
            ]);
        }

        var operations = new Operations(new Random(Seed));
        for (var round = 0; round < Rounds; round++)
        {
            await CompareAsync(operations.Write());
            await Task.WhenAll(Enumerable.Range(0, ReadsPerRound).Select(_ => operations.Read()).Select(CompareAsync));
        }

        await real.Client.DropCollectionAsync(Named);

        async Task CompareAsync(Operation operation)
        {
            var responses = await Task.WhenAll(operation.Run(real), operation.Run(Milvus));
            responses[1].ShouldBe(responses[0], $"seed {Seed}: {operation.Description}");
        }
    }

    private sealed record Operation(string Description, Func<TestMilvusClient, Task<string>> Run);

    private sealed class Operations(Random random)
    {
        private long _keys;

        public Operation Write() => random.Next(10) switch
        {
            < 5 => Store(isUpsert: false),
            < 7 => Store(isUpsert: true),
            < 8 => Delete($"id in [{string.Join(", ", Enumerable.Range(0, 5).Select(_ => random.NextInt64(_keys + 1)))}]"),
            < 9 => Delete($"id >= 0 and ({Filter(2)})"),
            _ => new("flush", async milvus => $"{(await milvus.Client.FlushAsync(new() { CollectionNames = { Collection } })).Status.Code}"),
        };

        public Operation Read() => random.Next(10) switch
        {
            < 4 => Query(Filter(3), random.Next(2) == 0 ? [] : [("limit", $"{random.Next(1, 20)}"), ("offset", $"{random.Next(5)}")]),
            < 5 => Count(Filter(3)),
            _ => Search(random.Next(3) == 0 ? "" : Filter(2)),
        };

        /// <summary>Inserts rows with new primary keys, or upserts rows of which some replace others.</summary>
        private Operation Store(bool isUpsert)
        {
            var first = isUpsert ? random.NextInt64(_keys + 1) : _keys + 1;
            long[] ids = [.. Enumerable.Range(0, random.Next(1, 30)).Select(i => first + i)];
            _keys = Math.Max(_keys, ids[^1]);
            var request = Rows(
                Ids(ids),
                Vectors([.. ids.Select(_ => new[] { Quarter(), Quarter(), Quarter() })]),
                Texts("t", [.. ids.Select(_ => Text())]),
                Column("n", DataType.Int16, new() { IntData = new() { Data = { ids.Select(_ => random.Next(-9, 10)) } } }),
                Column("f", DataType.Double, new() { DoubleData = new() { Data = { ids.Select(_ => (double)Quarter()) } } }),
                Column("b", DataType.Bool, new() { BoolData = new() { Data = { ids.Select(_ => random.Next(2) == 0) } } }),
                Jsons("j", [.. ids.Select(_ => Json())]),
                Jsons("$meta", [.. ids.Select(_ => Json())]));
            return new(
                $"{(isUpsert ? "upsert" : "insert")} {ids[0]} to {ids[^1]}",
                async milvus => Comparable(isUpsert ? await milvus.Client.UpsertAsync(Upsert(request)) : await milvus.Client.InsertAsync(request)));
        }

        private static Operation Delete(string filter) =>
            new($"delete {filter}", async milvus => Comparable(await milvus.Client.DeleteAsync(TestMilvusClient.Delete(filter))));

        private static Operation Count(string filter) =>
            new($"count {filter}", async milvus => $"{await milvus.CountAsync(filter)}");

        private static Operation Query(string filter, (string Key, string Value)[] page) => new(
            $"query {filter} {string.Join(' ', page)}",
            async milvus => Comparable(await milvus.Client.QueryAsync(Where(filter, output: ["*"], parameters: page))));

        private Operation Search(string filter)
        {
            var request = Nearest([[Quarter(), Quarter(), Quarter()]], limit: random.Next(1, 20), filter: filter);
            return new($"search {filter} {request.SearchParams}", async milvus =>
            {
                var response = await milvus.Client.SearchAsync(request);
                var results = response.Results;
                if (response.Status.Code != 0 || results.Scores.Count == 0)
                {
                    return $"{response.Status.Code != 0} {results?.Scores.Count ?? 0}";
                }

                // Rows with equal scores come in any order, and any of those with the worst score may be cut off.
                var hits = results.Ids.IntId.Data.Zip(results.Scores, (id, score) => (Id: id, Score: score)).ToList();
                var near = hits.Where(hit => hit.Score != hits[^1].Score).OrderBy(hit => hit.Score).ThenBy(hit => hit.Id);
                return $"{string.Join(' ', near)} {hits.Count} {hits[^1].Score}";
            });
        }

        private string Filter(int depth) => depth > 0 && random.Next(3) > 0
            ? random.Next(3) switch
            {
                0 => $"not ({Filter(depth - 1)})",
                1 => $"({Filter(depth - 1)} and {Filter(depth - 1)})",
                _ => $"({Filter(depth - 1)} or {Filter(depth - 1)})",
            }
            : random.Next(12) switch
            {
                0 => $"id {Comparison()} {random.NextInt64(_keys + 1)}",
                1 => $"n {Comparison()} {random.Next(-12, 12)}",
                2 => $"{random.Next(-12, 0)} < n <= {random.Next(12)}",
                3 => $"f {Comparison()} {Quarter().ToString(CultureInfo.InvariantCulture)}",
                4 => $"t {Comparison()} '{Text()}'",
                5 => $"t like '{Text()}%'",
                6 => $"t {(random.Next(2) == 0 ? "in" : "not in")} ['{Text()}', '{Text()}']",
                7 => $"n in [{random.Next(-9, 9)}, {random.Next(-9, 9)}, ]",
                8 => $"b {(random.Next(2) == 0 ? "==" : "!=")} True",
                9 => $"{Path()} {Comparison()} {random.Next(4)}",
                10 => $"{Path()} {Comparison()} '{Text()}'",
                _ => random.Next(4) switch
                {
                    0 => $"{Path()} like '{Text()}%'",
                    1 => $"{Path()} in [{random.Next(3)}, 3]",
                    2 => $"{Path()} == true",
                    _ => $"{Path()} > +0.5",
                },
            };

        private string Path() => random.Next(4) switch { 0 => "color", 1 => "j['color']", 2 => "j['deep']['k']", _ => "list[0]" };

        private string Comparison() => random.GetItems(["==", "!=", "<", "<=", ">", ">="], 1)[0];

        private string Text() => random.GetItems(["", "a", "ab", "b", "ba", "ü", "A"], 1)[0];

        private float Quarter() => random.Next(-20, 21) / 4f;

        private string Json() => random.Next(7) switch
        {
            0 => "{}",
            1 => """{"color": null, "list": []}""",
            2 => $$"""{"color": "{{Text()}}"}""",
            3 => $$"""{"color": {{random.Next(4)}}, "list": [{{random.Next(4)}}, "x"]}""",
            4 => $$"""{"color": {{random.Next(4)}}.5}""",
            5 => """{"color": true, "deep": {"k": "a"}}""",
            _ => $$$"""{"deep": {"k": {{{random.Next(4)}}}}}""",
        };

        private static string Comparable(IMessage response) =>
            response.Descriptor.FindFieldByNumber(1).Accessor.GetValue(response) is Status { Code: not 0 }
                ? "refused"
                : SameAsMilvusTests.Comparable(response);
    }
}
