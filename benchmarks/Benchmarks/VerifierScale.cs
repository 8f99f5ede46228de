using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The duration and memory of <c>milvus-trace verify</c> and <c>explain</c> for a very large trace.</summary>
internal static class VerifierScale
{
    private const int Spans = 50_000;

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var hub = await bench.HubAsync();
        string id;
        await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench))
        {
            bench.Progress("counting the spans of a search");
            var sample = (await client.SearchAsync(new SearchRequest(10, PerTrace: 10))).TraceIds;
            var searches = bench.Count(Spans) / (await hub.WaitForAllAsync(hub.Jaeger, sample) / 10);
            bench.Progress($"recording a trace of {searches} searches");
            id = (await client.SearchAsync(new SearchRequest(searches, PerTrace: searches))).TraceIds[0];
        }

        var note = $"a trace of {await hub.WaitForAllAsync(hub.Jaeger, [id])} spans in Jaeger, the whole process";
        foreach (var (command, arguments) in new (string, string[])[] { ("verify", [id]), ("explain", ["explain", id]) })
        {
            List<double> seconds = [], own = [], mebibytes = [];
            using var http = new HttpClient();
            for (var run = 0; run <= bench.Count(10); run++)
            {
                bench.Progress($"{command}: run {run}");
                var watch = Stopwatch.StartNew();
                await http.GetByteArrayAsync(new Uri(Hub.JaegerUrl, $"api/v3/traces/{id}"), bench.CancellationToken);
                var query = watch.Elapsed;
                watch.Restart();
                mebibytes.Add(await RunAsync([.. arguments, "--wait", "60", "--jaeger", Hub.JaegerUrl.OriginalString]));
                seconds.Add(watch.Elapsed.TotalSeconds);
                own.Add((watch.Elapsed - query).TotalSeconds);
            }

            // The first run is a warm-up.
            var name = $"milvus-trace {command} of 50,000 spans";
            yield return new(name, Samples.Of(seconds[1..]), "s", null, note);
            yield return new($"{name}, less Jaeger's response time", Samples.Of(own[1..]), "s", 2, $"{note}, less a GET of the same trace");
            yield return new($"{name}, peak memory", Samples.Of(mebibytes[1..]), "MiB", 300, note);
        }
    }

    /// <returns>The peak memory of the process in MiB.</returns>
    private static async Task<double> RunAsync(string[] arguments)
    {
        await using var tool = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), .. arguments]);
        var exit = tool.WaitForExitAsync();
        var peak = 0d;
        while (!exit.IsCompleted)
        {
            peak = Math.Max(peak, Bench.Mebibytes(tool, "VmHWM"));
            await Task.WhenAny(exit, Task.Delay(5));
        }

        return await exit <= 1 ? peak : throw new InvalidOperationException($"milvus-trace {arguments[0]} failed: {tool.Output}");
    }
}
