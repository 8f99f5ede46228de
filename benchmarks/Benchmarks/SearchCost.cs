using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// The cost of tracing in a search, compared to no tracing and to Aspire's own template. Client processes take turns in
/// short blocks, and each sample compares blocks of the same period.
/// </summary>
internal static class SearchCost
{
    private const int Turns = 10;

    private static readonly ClientKind[] Kinds = Enum.GetValues<ClientKind>();

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        await bench.HubAsync();
        var (rounds, block) = (bench.Count(40), new SearchRequest(bench.Count(100)));
        var searches = Turns * block.Searches;
        List<ClientProcess> clients = [];
        var samples = Kinds.ToDictionary(kind => kind, _ => new List<Sample>());
        try
        {
            foreach (var kind in Kinds)
            {
                bench.Progress($"warm-up: {kind}");
                clients.Add(await ClientProcess.StartAsync(kind, bench));
            }

            var before = await TakeTurnsAsync(clients, block);
            for (var round = 1; round <= rounds; round++)
            {
                bench.Progress($"sample {round} of {rounds}");
                var after = await TakeTurnsAsync(clients, block);
                foreach (var kind in Kinds)
                {
                    samples[kind].Add(Sample.Of(after[(int)kind], before[(int)kind][^1]));
                }

                before = after;
            }
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }

        var note = $"{rounds} samples of {searches} searches each, in turns of {block.Searches}";
        yield return new("search p50, untraced", Samples.Of(samples[ClientKind.Untraced].Select(sample => sample.P50)), "ms", null, note);
        foreach (var (of, to, medianLimit, tailLimit) in new (ClientKind, ClientKind, double?, double?)[]
        {
            (ClientKind.Traced, ClientKind.Untraced, 1.03, 1.10),
            (ClientKind.Template, ClientKind.Untraced, null, null),
            (ClientKind.Traced, ClientKind.Template, 1.01, 1.01),
            (ClientKind.TracedAlone, ClientKind.Untraced, null, null),
            (ClientKind.MilvusAlone, ClientKind.Untraced, null, null),
        })
        {
            var (p50, p99) = (Compare(of, to, (a, b) => a.P50 / b.P50), Compare(of, to, (a, b) => a.P99 / b.P99));
            yield return new($"search p50, {Words(of)} / {Words(to)}", p50, "", medianLimit, note);
            yield return new($"search p99, {Words(of)} / {Words(to)}", p99, "", tailLimit, note);
        }

        note += ", includes the export";
        (ClientKind, double?, double?)[] differences = [(ClientKind.Traced, 25, 4_000), (ClientKind.Template, null, null)];
        foreach (var (kind, cpuLimit, bytesLimit) in differences)
        {
            var cpu = Compare(kind, ClientKind.Untraced, (a, b) => (a.Cpu - b.Cpu) / searches);
            var bytes = Compare(kind, ClientKind.Untraced, (a, b) => (a.Bytes - b.Bytes) / searches);
            yield return new($"client CPU per search, {Words(kind)} − untraced", cpu, "µs", cpuLimit, note);
            yield return new($"allocated per search, {Words(kind)} − untraced", bytes, "B", bytesLimit, note);
        }

        Samples Compare(ClientKind of, ClientKind to, Func<Sample, Sample, double> compare) => Samples.Of(samples[of].Zip(samples[to], compare));
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

    private static string Words(ClientKind kind) => kind switch
    {
        ClientKind.Untraced => "untraced",
        ClientKind.Template => "Aspire's template",
        ClientKind.Traced => "traced",
        ClientKind.TracedAlone => "traced without traceparent",
        _ => "traced by Milvus only",
    };

    private sealed record Sample(double P50, double P99, double Cpu, double Bytes)
    {
        /// <summary>The counters include the time of the other clients' turns, in which the client exports its spans.</summary>
        public static Sample Of(List<SearchResponse> turns, SearchResponse before)
        {
            double[] sorted = [.. turns.SelectMany(turn => turn.Milliseconds).Order()];
            return new(
                Samples.Percentile(sorted, 0.5),
                Samples.Percentile(sorted, 0.99),
                turns[^1].CpuMicroseconds - before.CpuMicroseconds,
                turns[^1].AllocatedBytes - before.AllocatedBytes);
        }
    }
}
