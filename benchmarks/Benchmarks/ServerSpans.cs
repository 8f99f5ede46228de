namespace MilvusTracing.Benchmarks;

/// <summary>The time from the end of a search until its server spans can be queried.</summary>
internal static class ServerSpans
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
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
