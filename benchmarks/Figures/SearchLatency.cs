using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>
/// What tracing costs a search, in time and in memory. Client processes take turns in short blocks, and each block is
/// compared with its neighbours: one untraced; one that records its spans and sends them nowhere, whose difference is
/// what Milvus itself spends on the spans of a sampled caller; and one that exports to two backends.
/// </summary>
internal sealed class SearchLatency : Figure
{
    private const double MedianTarget = 1.03;
    private const double TailTarget = 1.10;

    public override string Id => "latency";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using var untraced = await ClientProcess.StartUntracedAsync(bench.Local, cancellationToken);
        await using var recording = await ClientProcess.StartTracedAsync(bench.Local, cancellationToken);
        await using var exporting = await ClientProcess.StartTracedAsync(bench.Exporting(bench.Dashboard.Address), cancellationToken);
        ClientProcess[] clients = [untraced, recording, exporting];
        return
        [
            .. await CompareAsync("search", rounds: 40, new Request(Operations: 250)),
            .. await CompareAsync("search, strongly consistent", rounds: 10, new Request(Operations: 20, Strong: true)),
        ];

        async Task<IEnumerable<Row>> CompareAsync(string name, int rounds, Request block)
        {
            List<Answer[]> answers = [];
            for (var round = 0; round < rounds; round++)
            {
                progress.Report($"{name}: round {round + 1} of {rounds}");
                // Who goes first changes, so that nobody always finds the warmer server.
                var answer = new Answer[clients.Length];
                for (var turn = 0; turn < clients.Length; turn++)
                {
                    var client = (turn + round) % clients.Length;
                    answer[client] = await clients[client].RunAsync(block, cancellationToken);
                }

                answers.Add(answer);
            }

            var note = $"{rounds} blocks of {block.Operations} searches each";
            return
            [
                new($"{name}: untraced p50", "", Samples.Of(answers.Select(answer => Percentile(answer[0], 0.5))), "ms", null, note),
                Ratio("p50, traced to two backends / untraced", MedianTarget, answer => (answer[2], answer[0]), 0.5),
                Ratio("p99, traced to two backends / untraced", TailTarget, answer => (answer[2], answer[0]), 0.99),
                Ratio("p50, recorded but not exported / untraced", null, answer => (answer[1], answer[0]), 0.5),
                new($"{name}: allocated an operation, traced − untraced", "stated",
                    Samples.Of(answers.Select(answer => (double)(answer[2].AllocatedBytes - answer[0].AllocatedBytes) / block.Operations)), "B", null, note),
            ];

            Row Ratio(string figure, double? target, Func<Answer[], (Answer Of, Answer To)> pick, double fraction)
            {
                var samples = Samples.Of(answers.Select(pick).Select(pair => Percentile(pair.Of, fraction) / Percentile(pair.To, fraction)));
                return new(
                    $"{name}: {figure}", target is { } limit ? $"≤ {limit:0.00}" : "", samples, "",
                    bench.RealMilvus && target is not null ? samples.Median <= target : null, note);
            }
        }
    }

    private static double Percentile(Answer answer, double fraction) =>
        Samples.Percentile([.. answer.Milliseconds.Order()], fraction);
}
