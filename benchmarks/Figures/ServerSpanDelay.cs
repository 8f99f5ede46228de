using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>How long after a search has ended its server spans can be seen in Jaeger.</summary>
internal sealed class ServerSpanDelay : Figure
{
    private const int Searches = 30;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public override string Id => "delay";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using var client = await ClientProcess.StartAsync(ClientKind.Traced, bench.Exporting(bench.Dashboard.Address), cancellationToken);
        List<double> seconds = [];
        for (var search = 1; search <= Searches; search++)
        {
            progress.Report($"search {search} of {Searches}");
            var answer = await client.RunAsync(new Request(Operations: 1), cancellationToken);
            var watch = Stopwatch.StartNew();
            while (await bench.Jaeger.CountSpansAsync(answer.TraceIds, "standalone", cancellationToken) == 0)
            {
                if (watch.Elapsed > Limit)
                {
                    throw new TimeoutException($"No server span of trace {answer.TraceIds[0]} was in Jaeger within {Limit.TotalSeconds:0} s.");
                }

                await Task.Delay(10, cancellationToken);
            }

            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        var samples = Samples.Of(seconds);
        return
        [
            new("from the end of a search until its server spans are in Jaeger", "median ≤ 1 s", samples, "s", samples.Median <= 1,
                $"{Searches} searches, asked every 10 ms"),
        ];
    }
}
