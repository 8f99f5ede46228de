namespace MilvusTracing.Benchmarks;

/// <summary>
/// The cost of tracing in a search, compared to no tracing and to Aspire's own template. Client processes take turns in
/// short blocks, and each sample compares blocks of the same period.
/// </summary>
internal static class SearchCost
{
    private const int Turns = 10;

    /// <summary>The kinds of clients in the order of their values, with the words for the table.</summary>
    private static readonly OrderedDictionary<ClientKind, string> Words = new()
    {
        [ClientKind.Untraced] = "untraced",
        [ClientKind.Template] = "Aspire's template",
        [ClientKind.Traced] = "traced",
        [ClientKind.TracedAlone] = "traced without traceparent",
        [ClientKind.MilvusAlone] = "traced by Milvus only",
    };

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        await bench.BackendsAsync();
        var (rounds, block) = (bench.Count(40), new SearchRequest(bench.Count(100)));
        var searches = Turns * block.Searches;
        List<ClientProcess> clients = [];
        List<Sample[]> samples;
        try
        {
            foreach (var kind in Words.Keys)
            {
                bench.Progress($"warm-up: {kind}");
                clients.Add(await ClientProcess.StartAsync(kind, bench));
            }

            var before = await TakeTurnsAsync(clients, block);
            samples = await bench.RepeatAsync("sample", rounds, async () =>
            {
                var after = await TakeTurnsAsync(clients, block);
                Sample[] sample = [.. after.Zip(before, (turns, last) => Sample.Of(turns, last[^1]))];
                before = after;
                return sample;
            });
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }

        var note = $"{rounds} samples of {searches} searches each, in turns of {block.Searches}";
        yield return new("search p50, untraced", Compare(ClientKind.Untraced, ClientKind.Untraced, (a, _) => a.P50), "ms", null, note);
        foreach (var (of, to, limits) in new (ClientKind, ClientKind, double?[])[]
        {
            (ClientKind.Traced, ClientKind.Untraced, [1.03, 1.10, 25, 4_000]),
            (ClientKind.Template, ClientKind.Untraced, new double?[4]),
            (ClientKind.Traced, ClientKind.Template, [1.01, 1.01, null, null]),
            (ClientKind.TracedAlone, ClientKind.Untraced, new double?[4]),
            (ClientKind.MilvusAlone, ClientKind.Untraced, new double?[4]),
        })
        {
            var (p50, p99) = (Compare(of, to, (a, b) => a.P50 / b.P50), Compare(of, to, (a, b) => a.P99 / b.P99));
            yield return new($"search p50, {Words[of]} / {Words[to]}", p50, "", limits[0], note);
            yield return new($"search p99, {Words[of]} / {Words[to]}", p99, "", limits[1], note);
            var cpu = Compare(of, to, (a, b) => (a.Cpu - b.Cpu) / searches);
            var bytes = Compare(of, to, (a, b) => (a.Bytes - b.Bytes) / searches);
            yield return new($"client CPU per search, {Words[of]} − {Words[to]}", cpu, "µs", limits[2], $"{note}, includes the export");
            yield return new($"allocated per search, {Words[of]} − {Words[to]}", bytes, "B", limits[3], $"{note}, includes the export");
        }

        Samples Compare(ClientKind of, ClientKind to, Func<Sample, Sample, double> compare) =>
            Samples.Of(samples.Select(sample => compare(sample[(int)of], sample[(int)to])));
    }

    /// <returns>The responses of each client, turn by turn. The order changes, so that no client always has the warmest server.</returns>
    private static async Task<List<SearchResponse>[]> TakeTurnsAsync(List<ClientProcess> clients, SearchRequest block)
    {
        List<SearchResponse>[] responses = [.. clients.Select(_ => new List<SearchResponse>())];
        for (var turn = 0; turn < Turns * clients.Count; turn++)
        {
            var client = (turn + (turn / clients.Count)) % clients.Count;
            responses[client].Add(await clients[client].SearchAsync(block));
        }

        return responses;
    }

    private sealed record Sample(double P50, double P99, double Cpu, double Bytes)
    {
        /// <summary>The counters include the time of the other clients' turns, in which the client exports its spans.</summary>
        public static Sample Of(List<SearchResponse> turns, SearchResponse before)
        {
            double[] sorted = [.. turns.SelectMany(turn => turn.Milliseconds).Order()];
            var (cpu, bytes) = (turns[^1].CpuMicroseconds - before.CpuMicroseconds, turns[^1].AllocatedBytes - before.AllocatedBytes);
            return new(Samples.Percentile(sorted, 0.5), Samples.Percentile(sorted, 0.99), cpu, bytes);
        }
    }
}
