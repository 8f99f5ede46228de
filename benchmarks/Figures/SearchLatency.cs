using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>
/// What tracing costs a search, in time and in memory. Client processes take turns in short blocks, and each block is
/// compared with its neighbours: one untraced; one traced to two backends; and one that is so too but sends no
/// <c>traceparent</c>, which is the client's part of the cost: the rest is what Milvus spends on spans of its own.
/// </summary>
internal sealed class SearchLatency : Figure
{
    private const double MedianTarget = 1.03;
    private const double TailTarget = 1.10;

    public override string Id => "latency";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var exporting = bench.Exporting(bench.Dashboard.Address);
        await using var untraced = await ClientProcess.StartAsync(ClientKind.Untraced, bench.Local, cancellationToken);
        await using var alone = await ClientProcess.StartAsync(ClientKind.TracedAlone, exporting, cancellationToken);
        await using var traced = await ClientProcess.StartAsync(ClientKind.Traced, exporting, cancellationToken);
        ClientProcess[] clients = [untraced, alone, traced];
        return
        [
            .. await CompareAsync("search", samples: 40, rounds: 10, new Request(Operations: 50)),
            .. await CompareAsync("search, strongly consistent", samples: 10, rounds: 4, new Request(Operations: 5, Strong: true)),
        ];

        async Task<IEnumerable<Row>> CompareAsync(string name, int samples, int rounds, Request block)
        {
            foreach (var client in clients)
            {
                progress.Report($"{name}: warming up");
                await client.RunAsync(block with { Operations = block.Operations * rounds }, cancellationToken);
            }

            List<Answer[]> answers = [];
            for (var sample = 0; sample < samples; sample++)
            {
                progress.Report($"{name}: sample {sample + 1} of {samples}");
                answers.Add(await TakeTurnsAsync(rounds, block));
            }

            var searches = rounds * block.Operations;
            var note = $"{samples} samples of {searches} searches each, in turns of {block.Operations}";
            return
            [
                new($"{name}: untraced p50", "", Samples.Of(answers.Select(answer => Percentile(answer[0], 0.5))), "ms", null, note),
                Ratio("p50, traced to two backends / untraced", MedianTarget, answer => (answer[2], answer[0]), 0.5),
                Ratio("p99, traced to two backends / untraced", TailTarget, answer => (answer[2], answer[0]), 0.99),
                Ratio("p50, the client's part of it (no traceparent) / untraced", null, answer => (answer[1], answer[0]), 0.5),
                new($"{name}: allocated an operation, traced − untraced", "stated",
                    Samples.Of(answers.Select(answer => (double)(answer[2].AllocatedBytes - answer[0].AllocatedBytes) / searches)), "B", null, note),
            ];

            Row Ratio(string figure, double? target, Func<Answer[], (Answer Of, Answer To)> pick, double fraction)
            {
                var ratios = Samples.Of(answers.Select(pick).Select(pair => Percentile(pair.Of, fraction) / Percentile(pair.To, fraction)));
                return new(
                    $"{name}: {figure}", target is { } limit ? $"≤ {limit:0.00}" : "", ratios, "",
                    bench.RealMilvus && target is not null ? ratios.Median <= target : null, note);
            }
        }

        // What each client answered in all its turns.
        async Task<Answer[]> TakeTurnsAsync(int rounds, Request block)
        {
            var answers = new List<Answer>[clients.Length];
            for (var round = 0; round < rounds; round++)
            {
                // Who goes first changes, so that nobody always finds the warmer server.
                for (var turn = 0; turn < clients.Length; turn++)
                {
                    var client = (turn + round) % clients.Length;
                    (answers[client] ??= []).Add(await clients[client].RunAsync(block, cancellationToken));
                }
            }

            return [.. answers.Select(turns => turns[0] with
            {
                Milliseconds = [.. turns.SelectMany(turn => turn.Milliseconds)],
                AllocatedBytes = turns.Sum(turn => turn.AllocatedBytes),
            })];
        }
    }

    private static double Percentile(Answer answer, double fraction) =>
        Samples.Percentile([.. answer.Milliseconds.Order()], fraction);
}
