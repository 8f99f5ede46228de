using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The number of traces that Milvus records while no client calls it.</summary>
internal static class IdleTraces
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var hub = await bench.HubAsync();

        // Milvus first exports the spans of earlier calls.
        await Task.Delay(TimeSpan.FromSeconds(6), bench.CancellationToken);
        var (start, window) = (DateTimeOffset.UtcNow, TimeSpan.FromSeconds(bench.Count(60)));
        bench.Progress($"waiting {window.TotalSeconds} s");
        await Task.Delay(window, bench.CancellationToken);

        HashSet<string> traces = [];
        foreach (var service in await hub.Jaeger.GetServicesAsync(bench.CancellationToken))
        {
            var query = new TraceQuery(service.Name, Limit: 10_000, start, start + window);
            traces.UnionWith((await hub.Jaeger.FindTracesAsync(query, bench.CancellationToken)).Select(trace => trace.Id));
        }

        yield return new("traces a minute while idle", Samples.Of(traces.Count), "", 0, $"{window.TotalSeconds} s, all services");
    }
}
