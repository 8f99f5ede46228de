namespace MilvusTracing.Benchmarks;

/// <summary>The duration of <c>./run --once</c> and <c>./test</c>.</summary>
internal static class Scripts
{
    /// <summary>Runs with everything restored and built.</summary>
    public static async IAsyncEnumerable<Row> MeasureRunOnceAsync(Bench bench)
    {
        yield return await MeasureAsync("the emulator", 10, "--emulator");
        var (_, output) = await RunAsync(bench, Path.Combine(BuiltProject.Root, "run"), ["--once"]);
        if (!output.Contains("Using the Milvus emulator"))
        {
            yield return await MeasureAsync("containers", 25);
        }

        async Task<Row> MeasureAsync(string milvus, double limit, params string[] options)
        {
            var runs = await bench.RepeatAsync(
                $"{milvus}: run", bench.Count(5) + 1, () => RunAsync(bench, Path.Combine(BuiltProject.Root, "run"), ["--once", .. options]));
            var seconds = Samples.Of(runs.Skip(1).Select(run => run.Seconds));
            return new($"./run --once, warm, with {milvus}", seconds, "s", limit, $"{seconds.Count} runs after a warm-up");
        }
    }

    /// <summary>The first run and the tests in a clone of the committed files, with an empty NuGet packages folder.</summary>
    public static async IAsyncEnumerable<Row> MeasureCleanCloneAsync(Bench bench)
    {
        var clone = Path.Combine(bench.Folder.FullName, "clone");
        var environment = new Dictionary<string, string?> { ["NUGET_PACKAGES"] = Path.Combine(bench.Folder.FullName, "packages") };
        await RunAsync(bench, "git", ["clone", "--quiet", BuiltProject.Root, clone]);
        bench.Progress("./run --once --emulator");
        var (run, _) = await RunAsync(bench, Path.Combine(clone, "run"), ["--once", "--emulator"], environment);
        yield return new("./run --once --emulator in a clean clone with only the SDK", Samples.Of(run), "s", null, "includes restore and build");
        bench.Progress("./test");
        var (test, output) = await RunAsync(bench, Path.Combine(clone, "test"), [], environment);
        yield return new("./test after it", Samples.Of(test / 60), "min", 10, output.TrimEnd().Split('\n')[^1]);
    }

    /// <returns>The duration and the output.</returns>
    /// <exception cref="InvalidOperationException">The program failed; the message has the end of its output.</exception>
    private static async Task<(double Seconds, string Output)> RunAsync(
        Bench bench, string program, string[] arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var watch = Stopwatch.StartNew();
        await using var process = ChildProcess.Start(program, arguments, environment);
        var exitCode = await process.WaitForExitAsync(TimeSpan.FromHours(1)).WaitAsync(bench.CancellationToken);
        return exitCode == 0
            ? (watch.Elapsed.TotalSeconds, process.Output)
            : throw new InvalidOperationException($"{program} failed with exit code {exitCode}: {string.Join('\n', process.Lines.TakeLast(10))}");
    }
}
