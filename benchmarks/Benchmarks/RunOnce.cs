using System.Diagnostics;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>How long a user waits for the first proof: <c>./run --once</c> from its start to its end, warm.</summary>
internal sealed class RunOnce : Benchmark
{
    public override string Name => "once";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        List<Row> rows = [await MeasureAsync("the emulator", 10, "--emulator")];
        var (_, first) = await RunAsync(".", "./run", ["--once"], cancellationToken);
        if (!first.Contains("With the Milvus emulator"))
        {
            rows.Add(await MeasureAsync("containers", 25));
        }

        return rows;

        async Task<Row> MeasureAsync(string what, double limit, params string[] options)
        {
            List<double> seconds = [];
            var runs = bench.Count(5);
            for (var run = 0; run <= runs; run++)
            {
                progress.Report(run == 0 ? $"{what}: warming up" : $"{what}: run {run} of {runs}");
                var (elapsed, _) = await RunAsync(".", "./run", ["--once", .. options], cancellationToken);
                if (run > 0)
                {
                    seconds.Add(elapsed);
                }
            }

            return new($"./run --once, warm, with {what}", Samples.Of(seconds), "s", limit, $"{runs} runs after one to warm up");
        }
    }

    /// <returns>The seconds it took and what it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has the end of what it printed.</exception>
    internal static async Task<(double Seconds, string Output)> RunAsync(
        string folder, string program, string[] arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var watch = Stopwatch.StartNew();
        using var process = Bench.Start(Path.GetFullPath(Path.Combine(folder, program)), arguments, environment, Path.GetFullPath(folder));
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? (watch.Elapsed.TotalSeconds, output)
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {output[^Math.Min(output.Length, 500)..]}");
    }
}
