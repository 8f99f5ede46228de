using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>
/// A burst of searches at full speed, after which the client ends at once: how many of its spans are missing, and
/// what a dashboard that is down or slow changes for Jaeger and for the searches.
/// </summary>
internal sealed class BurstLoss : Figure
{
    private const int Bursts = 3;
    private const int Concurrency = 16;
    private const int Operations = 10_000;

    public override string Id => "burst";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using var slow = await ReceiverBackend.StartAsync("dashboard", delay: TimeSpan.FromSeconds(2));
        var down = new Uri($"http://127.0.0.1:{Bench.ClosedPort()}");

        List<Burst> up = [], whenDown = [], whenSlow = [];
        for (var burst = 1; burst <= Bursts; burst++)
        {
            up.Add(await RunAsync(bench.Dashboard.Address, "up"));
            whenDown.Add(await RunAsync(down, "down"));
            whenSlow.Add(await RunAsync(slow.Address, "answering in 2 s"));

            async Task<Burst> RunAsync(Uri dashboard, string state)
            {
                progress.Report($"burst {burst} of {Bursts}, dashboard {state}");
                return await Burst.RunAsync(bench, dashboard, new Request(Operations, Concurrency), cancellationToken);
            }
        }

        var note = $"{Bursts} bursts, {Concurrency} at a time; the process ends right after";
        var usual = Samples.Of(up.Select(burst => burst.P99)).Median;
        return
        [
            new("burst of 10,000 searches, both up: p99 / their median p99", "(the noise)", Samples.Of(up.Select(burst => burst.P99 / usual)), "", null, note),
            None("burst of 10,000 searches, both up: spans lost in Jaeger", up.Select(burst => burst.LostInJaeger)),
            None("burst of 10,000 searches, both up: spans lost in the dashboard", up.Select(burst => burst.LostInDashboard)),
            .. Others("down", whenDown),
            .. Others("slow", whenSlow),
        ];

        Row None(string figure, IEnumerable<int> counts)
        {
            var samples = Samples.Of(counts.Select(count => (double)count));
            return new(figure, "0", samples, "", samples.Max == 0, note);
        }

        IEnumerable<Row> Others(string state, List<Burst> bursts)
        {
            var name = $"burst of 10,000 searches, dashboard {state}: ";
            yield return None(name + "spans lost in Jaeger", bursts.Select(burst => burst.LostInJaeger));
            yield return None(name + "failed searches", bursts.Select(burst => burst.Failed));
            yield return new(name + "p99 / p99 with both up", "1 within noise",
                Samples.Of(bursts.Zip(up, (fault, healthy) => fault.P99 / healthy.P99)), "", null, note);
        }
    }

    private sealed record Burst(int LostInJaeger, int LostInDashboard, int Failed, double P99)
    {
        public static async Task<Burst> RunAsync(Bench bench, Uri dashboard, Request request, CancellationToken cancellationToken)
        {
            var client = await ClientProcess.StartAsync(ClientKind.Traced, bench.Exporting(dashboard), cancellationToken);
            var answer = await client.RunAsync(request, cancellationToken);
            await client.StopAsync(cancellationToken);
            await client.DisposeAsync();

            return new Burst(
                answer.Spans - await bench.Jaeger.CountSpansAsync(answer.TraceIds, Bench.ClientService, cancellationToken),
                answer.Spans - await bench.Dashboard.CountSpansAsync(answer.TraceIds, Bench.ClientService, cancellationToken),
                answer.Failed,
                Samples.Percentile([.. answer.Milliseconds.Order()], 0.99));
        }
    }
}
