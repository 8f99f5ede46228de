using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The time from the end of a search until its server spans can be queried.</summary>
internal static class SpanDelay
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var hub = await bench.HubAsync();
        await using var client = await ClientProcess.StartAsync(ClientKind.Traced, bench);
        var searches = bench.Count(50);
        List<double> jaeger = [], dashboard = [];
        for (var search = 1; search <= searches; search++)
        {
            bench.Progress($"search {search} of {searches}");
            var traceIds = (await client.SearchAsync(new SearchRequest(1))).TraceIds;
            var watch = Stopwatch.StartNew();
            var delays = await Task.WhenAll(WaitAsync(hub.Jaeger), WaitAsync(hub.Dashboard));
            jaeger.Add(delays[0]);
            dashboard.Add(delays[1]);

            async Task<double> WaitAsync(ITraceBackend backend)
            {
                while (await hub.CountAsync(backend, traceIds, "standalone") == 0)
                {
                    if (watch.Elapsed > Limit)
                    {
                        throw new TimeoutException($"{backend.Name} had no server span of trace {traceIds[0]} after {Limit.TotalSeconds} s.");
                    }

                    await Task.Delay(10, bench.CancellationToken);
                }

                return watch.Elapsed.TotalSeconds;
            }
        }

        var note = $"{searches} searches, queried every 10 ms";
        yield return new("end of a search to its server spans in Jaeger", Samples.Of(jaeger), "s", 1, note);
        yield return new("end of a search to its server spans in the dashboard", Samples.Of(dashboard), "s", 1, note);
    }
}
