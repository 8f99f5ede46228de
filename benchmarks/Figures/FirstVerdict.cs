using System.Diagnostics;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>How long a user waits for the first proof.</summary>
internal sealed class FirstVerdict : Figure
{
    private const int Runs = 3;

    public override string Id => "first-verdict";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        List<double> seconds = [];
        for (var run = 0; run <= Runs; run++)
        {
            progress.Report(run == 0 ? "warming up" : $"run {run} of {Runs}");
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(bench.Repository, "run"), ["--once"])
            {
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
            await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"./run --once ended with exit code {process.ExitCode}.");
            }

            if (run > 0)
            {
                seconds.Add(watch.Elapsed.TotalSeconds);
            }
        }

        var samples = Samples.Of(seconds);
        return [new("./run --once, warm, until it has ended", "≤ 15 s", samples, "s", samples.Median <= 15, $"{Runs} runs after one to warm up")];
    }
}
