using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>How long after a search has ended its server spans can be seen.</summary>
internal sealed class SpanDelay : Benchmark
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public override string Name => "delay";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        await using var client = await ClientProcess.StartAsync(ClientKind.Traced, bench, hub, cancellationToken);
        var searches = bench.Count(50);
        List<double> jaeger = [], dashboard = [];
        for (var search = 1; search <= searches; search++)
        {
            progress.Report($"search {search} of {searches}");
            var answer = await client.RunAsync(new Request(1), cancellationToken);
            var watch = Stopwatch.StartNew();
            var seen = await Task.WhenAll(WaitAsync(hub.Jaeger), WaitAsync(hub.Dashboard));
            jaeger.Add(seen[0]);
            dashboard.Add(seen[1]);

            async Task<double> WaitAsync(ITraceBackend backend)
            {
                while (await Hub.CountAsync(backend, answer.TraceIds, "standalone", cancellationToken) == 0)
                {
                    if (watch.Elapsed > Limit)
                    {
                        throw new TimeoutException($"No server span of trace {answer.TraceIds[0]} was in {backend.Name} within {Limit.TotalSeconds:0} s.");
                    }

                    await Task.Delay(10, cancellationToken);
                }

                return watch.Elapsed.TotalSeconds;
            }
        }

        var note = $"{searches} searches, asked every 10 ms";
        return
        [
            new("end of a search to its server spans in Jaeger", Samples.Of(jaeger), "s", 1, note),
            new("end of a search to its server spans in the dashboard", Samples.Of(dashboard), "s", 1, note),
        ];
    }
}
