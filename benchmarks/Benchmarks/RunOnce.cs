namespace MilvusTracing.Benchmarks;

/// <summary>The duration of <c>./run --once</c> with everything restored and built.</summary>
internal static class RunOnce
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        yield return await MeasureAsync("the emulator", 10, "--emulator");
        var (_, output) = await RunAsync(bench);
        if (!output.Contains("Using the Milvus emulator"))
        {
            yield return await MeasureAsync("containers", 25);
        }

        async Task<Row> MeasureAsync(string milvus, double limit, params string[] options)
        {
            var runs = await bench.RepeatAsync($"{milvus}: run", bench.Count(5) + 1, () => RunAsync(bench, options));
            var seconds = Samples.Of(runs.Skip(1).Select(run => run.Seconds));
            return new($"./run --once, warm, with {milvus}", seconds, "s", limit, $"{seconds.Count} runs after a warm-up");
        }
    }

    /// <returns>The duration and the output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has the end of its output.</exception>
    private static async Task<(double Seconds, string Output)> RunAsync(Bench bench, params string[] options)
    {
        var watch = Stopwatch.StartNew();
        await using var process = ChildProcess.Start(Path.Combine(BuiltProject.Root, "run"), ["--once", .. options]);
        var exitCode = await process.WaitForExitAsync(TimeSpan.FromHours(1)).WaitAsync(bench.CancellationToken);
        return exitCode == 0
            ? (watch.Elapsed.TotalSeconds, process.Output)
            : throw new InvalidOperationException($"./run failed with exit code {exitCode}: {string.Join('\n', process.Lines.TakeLast(10))}");
    }
}
