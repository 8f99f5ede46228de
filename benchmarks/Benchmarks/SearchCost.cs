using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// What tracing costs a search, beside no tracing and beside what a user would pick instead. Client processes take turns
/// in short blocks; each sample compares what they did side by side.
/// </summary>
internal sealed class SearchCost : Benchmark
{
    private const int Turns = 10;

    private static readonly ClientKind[] Kinds = Enum.GetValues<ClientKind>();

    public override string Name => "search";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        var (samples, block) = (bench.Count(40), new Request(bench.Count(100)));
        var searches = Turns * block.Searches;
        List<ClientProcess> clients = [];
        List<Dictionary<ClientKind, Sample>> taken = [];
        try
        {
            foreach (var kind in Kinds)
            {
                progress.Report($"warming up: {kind}");
                clients.Add(await ClientProcess.StartAsync(kind, bench, hub, cancellationToken));
            }

            var before = await TakeTurnsAsync();
            for (var sample = 1; sample <= samples; sample++)
            {
                progress.Report($"sample {sample} of {samples}");
                var after = await TakeTurnsAsync();
                taken.Add(Kinds.ToDictionary(kind => kind, kind => Sample.Of(after[(int)kind], before[(int)kind][^1])));
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

        var note = $"{samples} samples of {searches} searches each, in turns of {block.Searches}";
        return
        [
            new("search p50, untraced", Samples.Of(taken.Select(sample => sample[ClientKind.Untraced].P50)), "ms", null, note),
            .. Ratios(ClientKind.Traced, ClientKind.Untraced, 1.03, 1.10),
            .. Ratios(ClientKind.Template, ClientKind.Untraced, null, null),
            .. Ratios(ClientKind.Traced, ClientKind.Template, 1.01, 1.01),
            .. Ratios(ClientKind.TracedAlone, ClientKind.Untraced, null, null),
            .. Ratios(ClientKind.MilvusAlone, ClientKind.Untraced, null, null),
            Difference("client CPU a search", sample => sample.Cpu, ClientKind.Traced, "µs", 25),
            Difference("client CPU a search", sample => sample.Cpu, ClientKind.Template, "µs", null),
            Difference("allocated a search", sample => sample.Bytes, ClientKind.Traced, "B", 4_000),
            Difference("allocated a search", sample => sample.Bytes, ClientKind.Template, "B", null),
        ];

        // What each client answered, turn by turn. Who goes first changes, so that nobody always finds the warmer server.
        async Task<List<Answer>[]> TakeTurnsAsync()
        {
            List<Answer>[] answers = [.. Kinds.Select(_ => new List<Answer>())];
            for (var turn = 0; turn < Turns * Kinds.Length; turn++)
            {
                var client = (turn + (turn / Kinds.Length)) % Kinds.Length;
                answers[client].Add(await clients[client].RunAsync(block, cancellationToken));
            }

            return answers;
        }

        IEnumerable<Row> Ratios(ClientKind of, ClientKind to, double? medianLimit, double? tailLimit) =>
        [
            new($"search p50, {Words(of)} / {Words(to)}", Samples.Of(taken.Select(sample => sample[of].P50 / sample[to].P50)), "", medianLimit, note),
            new($"search p99, {Words(of)} / {Words(to)}", Samples.Of(taken.Select(sample => sample[of].P99 / sample[to].P99)), "", tailLimit, note),
        ];

        Row Difference(string figure, Func<Sample, double> value, ClientKind of, string unit, double? limit) => new(
            $"{figure}, {Words(of)} − untraced",
            Samples.Of(taken.Select(sample => (value(sample[of]) - value(sample[ClientKind.Untraced])) / searches)), unit, limit, $"{note}, export included");
    }

    private static string Words(ClientKind kind) => kind switch
    {
        ClientKind.Untraced => "untraced",
        ClientKind.Template => "Aspire's template",
        ClientKind.Traced => "traced",
        ClientKind.TracedAlone => "traced without traceparent",
        _ => "traced by Milvus alone",
    };

    private sealed record Sample(double P50, double P99, double Cpu, double Bytes)
    {
        /// <summary>Counters run on while others take their turns, so that exporting in the background counts.</summary>
        public static Sample Of(List<Answer> turns, Answer before)
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
