namespace MilvusTracing.Benchmarks;

/// <summary>The duration and memory of <c>milvus-trace verify</c> and <c>explain</c> for a very large trace.</summary>
internal static class VerifierScale
{
    private const int Spans = 50_000;

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var backends = await bench.BackendsAsync();
        string id;
        await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench))
        {
            bench.Progress("counting the spans of a search");
            var sample = (await client.SearchAsync(new SearchRequest(10, PerTrace: 10))).TraceIds;
            var searches = bench.Count(Spans) / (await backends.WaitForAllAsync(backends.Jaeger, sample) / 10);
            bench.Progress($"recording a trace of {searches} searches");
            id = (await client.SearchAsync(new SearchRequest(searches, PerTrace: searches))).TraceIds[0];
        }

        var cli = BuiltProject.Assembly("MilvusTracing.Cli");
        var note = $"a trace of {await backends.WaitForAllAsync(backends.Jaeger, [id])} spans in Jaeger, the whole process";
        foreach (var (command, arguments) in new (string, string[])[] { ("verify", [id]), ("explain", ["explain", id]) })
        {
            using var http = new HttpClient();
            var runs = await bench.RepeatAsync($"{command}: run", bench.Count(10) + 1, async () =>
            {
                var watch = Stopwatch.StartNew();
                await http.GetByteArrayAsync(new Uri(Backends.JaegerUrl, $"api/v3/traces/{id}"), bench.CancellationToken);
                var query = watch.Elapsed;
                watch.Restart();
                await using var tool = ChildProcess.Start("dotnet", [cli, .. arguments, "--wait", "60", "--jaeger", $"{Backends.JaegerUrl}"]);
                var (peaks, exitCode) = await bench.SampleMemoryAsync(tool, "VmHWM", TimeSpan.FromMilliseconds(5));
                return exitCode <= 1
                    ? (Seconds: watch.Elapsed.TotalSeconds, Own: (watch.Elapsed - query).TotalSeconds, Mebibytes: peaks.Max())
                    : throw new InvalidOperationException($"milvus-trace {command} failed: {tool.Output}");
            });

            // The first run is a warm-up.
            runs.RemoveAt(0);
            var name = $"milvus-trace {command} of 50,000 spans";
            var (own, peak) = (Samples.Of(runs.Select(run => run.Own)), Samples.Of(runs.Select(run => run.Mebibytes)));
            yield return new(name, Samples.Of(runs.Select(run => run.Seconds)), "s", null, note);
            yield return new($"{name}, less Jaeger's response time", own, "s", 2, $"{note}, less a GET of the same trace");
            yield return new($"{name}, peak memory", peak, "MiB", 300, note);
        }
    }
}
