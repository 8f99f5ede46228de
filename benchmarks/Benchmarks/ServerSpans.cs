namespace MilvusTracing.Benchmarks;

/// <summary>Milvus's spans: how many it records while no client calls it, and when those of a search can be queried.</summary>
internal static class ServerSpans
{
    /// <summary>The number of traces that Milvus records while no client calls it.</summary>
    public static async IAsyncEnumerable<Row> MeasureIdleAsync(Bench bench)
    {
        var backends = await bench.BackendsAsync();

        // Milvus first exports the spans of earlier calls.
        await Task.Delay(TimeSpan.FromSeconds(6), bench.CancellationToken);
        var (start, window) = (DateTimeOffset.UtcNow, TimeSpan.FromSeconds(bench.Count(60)));
        bench.Progress($"waiting {window.TotalSeconds} s");
        await Task.Delay(window, bench.CancellationToken);

        HashSet<string> traces = [];
        foreach (var service in await backends.Jaeger.GetServicesAsync(bench.CancellationToken))
        {
            var query = new TraceQuery(service.Name, Limit: 10_000, start, start + window);
            traces.UnionWith((await backends.Jaeger.FindTracesAsync(query, bench.CancellationToken)).Select(trace => trace.Id));
        }

        yield return new("traces a minute while idle", Samples.Of(traces.Count), "", 0, $"{window.TotalSeconds} s, all services");
    }

    /// <summary>The time from the end of a search until its server spans can be queried.</summary>
    public static async IAsyncEnumerable<Row> MeasureDelayAsync(Bench bench)
    {
        var backends = await bench.BackendsAsync();
        await using var client = await ClientProcess.StartAsync(ClientKind.Traced, bench);
        var delays = await bench.RepeatAsync("search", bench.Count(50), async () =>
        {
            var traceIds = (await client.SearchAsync(new SearchRequest(1))).TraceIds;
            var watch = Stopwatch.StartNew();
            return await Task.WhenAll(WaitAsync(backends.Jaeger), WaitAsync(backends.Dashboard));

            async Task<double> WaitAsync(ITraceBackend backend)
            {
                await Timeouts.PollAsync(
                    async () => await backends.CountAsync(backend, traceIds, "standalone") > 0,
                    () => $"{backend.Name} has no server span of trace {traceIds[0]}.",
                    TimeSpan.FromMilliseconds(10));
                return watch.Elapsed.TotalSeconds;
            }
        });

        var note = $"{delays.Count} searches, queried every 10 ms";
        yield return new("end of a search to its server spans in Jaeger", Samples.Of(delays.Select(delay => delay[0])), "s", 1, note);
        yield return new("end of a search to its server spans in the dashboard", Samples.Of(delays.Select(delay => delay[1])), "s", 1, note);
    }
}
