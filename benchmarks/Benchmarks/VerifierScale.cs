using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>How long the verifier takes for an enormous trace, and how much memory: both as a process, from its start to its end.</summary>
internal sealed class VerifierScale : Benchmark
{
    private const int Spans = 50_000;

    public override string Name => "verifier";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        string id;
        await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench, hub, cancellationToken))
        {
            progress.Report("how many spans a search has");
            var one = (await client.RunAsync(new Request(10, PerTrace: 10), cancellationToken)).TraceIds[0];
            await Task.Delay(TimeSpan.FromSeconds(7), cancellationToken);
            var each = await Hub.CountAsync(hub.Jaeger, [one], null, cancellationToken) / 10;
            var searches = bench.Count(Spans) / each;
            progress.Report($"one trace of {searches} searches with {each} spans each");
            id = (await client.RunAsync(new Request(searches, PerTrace: searches), cancellationToken)).TraceIds[0];
        }

        await Task.Delay(TimeSpan.FromSeconds(7), cancellationToken);
        var spans = await Hub.CountAsync(hub.Jaeger, [id], null, cancellationToken);
        return [.. await RunAsync("verify", id), .. await RunAsync("explain", "explain", id)];

        async Task<IEnumerable<Row>> RunAsync(string verb, params string[] arguments)
        {
            List<double> seconds = [], own = [], mebibytes = [];
            using var http = new HttpClient();
            for (var run = 0; run <= bench.Count(10); run++)
            {
                progress.Report($"{verb}: run {run}");
                var watch = Stopwatch.StartNew();
                await http.GetByteArrayAsync(new Uri(Hub.JaegerUrl, $"api/traces/{id}"), cancellationToken);
                var answer = watch.Elapsed;
                watch.Restart();
                using var tool = Bench.Start("dotnet", [Bench.Assembly("MilvusTracing.Cli"), .. arguments, "--wait", "60", "--jaeger", Hub.JaegerUrl.OriginalString]);
                var output = tool.StandardOutput.ReadToEndAsync(cancellationToken);
                var peak = 0L;
                while (!tool.WaitForExit(5))
                {
                    peak = Math.Max(peak, Peak(tool));
                }

                if (tool.ExitCode > 1)
                {
                    throw new InvalidOperationException($"{verb} ended with exit code {tool.ExitCode}: {await output}");
                }

                // The first run warms the disk.
                if (run > 0)
                {
                    seconds.Add(watch.Elapsed.TotalSeconds);
                    own.Add((watch.Elapsed - answer).TotalSeconds);
                    mebibytes.Add(peak / 1048576d);
                }
            }

            var note = $"one trace of {spans} spans in Jaeger, the whole process";
            return
            [
                new($"milvus-trace {verb} of 50,000 spans", Samples.Of(seconds), "s", null, note),
                new($"milvus-trace {verb} of 50,000 spans, less Jaeger's own time to answer", Samples.Of(own), "s", 2, $"{note}, less that of a plain GET right before"),
                new($"milvus-trace {verb} of 50,000 spans, memory at its peak", Samples.Of(mebibytes), "MiB", 300, note),
            ];
        }
    }

    private static long Peak(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It has just ended.
            return 0;
        }
    }
}
