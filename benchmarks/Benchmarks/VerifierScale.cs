namespace MilvusTracing.Benchmarks;

/// <summary>The duration and memory of <c>milvus-trace</c>'s commands for a very large trace.</summary>
internal static class VerifierScale
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var backends = await bench.BackendsAsync();
        string id;
        await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench))
        {
            bench.Progress("counting the spans of a search");
            var sample = (await client.SearchAsync(new SearchRequest(10, PerTrace: 10))).TraceIds;
            var searches = bench.Count(50_000) / (await backends.WaitForAllAsync(backends.Jaeger, sample) / 10);
            bench.Progress($"recording a trace of {searches} searches");
            id = (await client.SearchAsync(new SearchRequest(searches, PerTrace: searches))).TraceIds[0];
        }

        var environment = new Dictionary<string, string?> { ["JAEGER_URL"] = $"{Backends.JaegerUrl}" };
        var cli = BuiltProject.Assembly("MilvusTracing.Cli");
        var note = $"a trace of {await backends.WaitForAllAsync(backends.Jaeger, [id])} spans in Jaeger, the whole process";
        var (file, before) = ($"{bench.Folder.FullName}/trace.json", $"{bench.Folder.FullName}/before.json");
        foreach (var (command, arguments) in new (string, string[])[]
        {
            ("verify", [id]),
            ("explain", ["explain", id, "--save", before]),
            ("explain --compare", ["explain", id, "--compare", before]),
            ("explain --file", ["explain", "--file", file]),
        })
        {
            using var http = new HttpClient();
            var runs = await bench.RepeatAsync($"{command}: run", bench.Count(5) + 1, async () =>
            {
                var watch = Stopwatch.StartNew();
                var json = await http.GetByteArrayAsync(new Uri(Backends.JaegerUrl, $"api/v3/traces/{id}?raw_traces=true"), bench.CancellationToken);
                var response = command == "explain --file" ? TimeSpan.Zero : watch.Elapsed;
                await File.WriteAllBytesAsync(file, json);
                watch.Restart();
                await using var tool = ChildProcess.Start("dotnet", [cli, .. arguments, "--wait", "60"], environment);
                var (peak, exitCode) = await bench.PeakMemoryAsync(tool);
                return exitCode <= 1
                    ? (Seconds: (watch.Elapsed - response).TotalSeconds, Mebibytes: peak)
                    : throw new InvalidOperationException($"milvus-trace {command} failed: {tool.Output}");
            });

            // The first run is a warm-up.
            runs.RemoveAt(0);
            var name = $"milvus-trace {command} of 50,000 spans";
            yield return new(name, Samples.Of(runs.Select(run => run.Seconds)), "s", 2, $"{note}{(command == "explain --file" ? "" : ", less a GET of the same trace from Jaeger")}");
            yield return new($"{name}, peak memory", Samples.Of(runs.Select(run => run.Mebibytes)), "MiB", 300, note);
        }
    }
}
