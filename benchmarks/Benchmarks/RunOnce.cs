using System.Diagnostics;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The duration of <c>./run --once</c> when everything is restored and built.</summary>
internal static class RunOnce
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        yield return await MeasureAsync(bench, "the emulator", 10, "--emulator");
        var (_, output) = await RunAsync(bench, Path.Combine(BuiltProject.Root, "run"), ["--once"]);
        if (!output.Contains("With the Milvus emulator"))
        {
            yield return await MeasureAsync(bench, "containers", 25);
        }
    }

    /// <returns>The duration and the output.</returns>
    /// <exception cref="InvalidOperationException">The program failed; the message has the end of its output.</exception>
    public static async Task<(double Seconds, string Output)> RunAsync(
        Bench bench, string program, string[] arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var watch = Stopwatch.StartNew();
        await using var process = ChildProcess.Start(program, arguments, environment);
        var exitCode = await process.WaitForExitAsync(TimeSpan.FromHours(1)).WaitAsync(bench.CancellationToken);
        return exitCode == 0
            ? (watch.Elapsed.TotalSeconds, process.Output)
            : throw new InvalidOperationException($"{program} failed with exit code {exitCode}: {string.Join('\n', process.Lines.TakeLast(10))}");
    }

    private static async Task<Row> MeasureAsync(Bench bench, string milvus, double limit, params string[] options)
    {
        List<double> seconds = [];
        var runs = bench.Count(5);
        for (var run = 0; run <= runs; run++)
        {
            bench.Progress(run == 0 ? $"{milvus}: warm-up" : $"{milvus}: run {run} of {runs}");
            seconds.Add((await RunAsync(bench, Path.Combine(BuiltProject.Root, "run"), ["--once", .. options])).Seconds);
        }

        return new($"./run --once, warm, with {milvus}", Samples.Of(seconds[1..]), "s", limit, $"{runs} runs after a warm-up");
    }
}
