using System.Diagnostics;
using MilvusTracing.Local.Worker;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>
/// Whether the worker's memory grows while both backends are down: an hour's worth of passes and more, one right after
/// the other, on the emulator, where a pass takes milliseconds.
/// </summary>
internal sealed class WorkerMemory : Figure
{
    private const int Passes = 20_000;
    private const int SampleEvery = 100;
    private const double AllowedGrowth = 1.10;

    public override string Id => "memory";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using var emulator = await Bench.StartEmulatorAsync([], cancellationToken);
        var start = new ProcessStartInfo("dotnet", [WorkerProcess.Assembly])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["ConnectionStrings__milvus"] = Bench.ConnectionString(emulator.Address),
                ["ConnectionStrings__jaeger"] = $"http://127.0.0.1:{Bench.ClosedPort()}",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{Bench.ClosedPort()}",
                ["Worker__Passes"] = $"{Passes}",
                ["Worker__Interval"] = "0.0001",
            },
        };
        using var worker = Process.Start(start)!;
        List<double> mebibytes = [];
        for (var passes = 0; await worker.StandardOutput.ReadLineAsync(cancellationToken) is { } line;)
        {
            if (line.Contains("quick_setup passed") && ++passes % SampleEvery == 0)
            {
                progress.Report($"pass {passes} of {Passes}");
                worker.Refresh();
                mebibytes.Add(worker.HasExited ? mebibytes[^1] : worker.WorkingSet64 / 1048576d);
            }
        }

        await worker.WaitForExitAsync(cancellationToken);
        if (mebibytes.Count < Passes / SampleEvery)
        {
            throw new InvalidOperationException($"The worker ended after {mebibytes.Count * SampleEvery} of {Passes} passes, with exit code {worker.ExitCode}.");
        }

        // The first quarter fills the queues, whose size is bounded.
        var second = Samples.Of(mebibytes[(mebibytes.Count / 4)..(mebibytes.Count / 2)]);
        var last = Samples.Of(mebibytes[(mebibytes.Count * 3 / 4)..]);
        var growth = last.Median / second.Median;
        var note = $"{Passes:N0} passes, both backends down, on the emulator";
        return
        [
            new("worker's memory, last quarter / second quarter", "flat", new(growth, last.Min / second.Median, last.Max / second.Median, last.Count), "", growth <= AllowedGrowth, note),
            new("worker's memory, last quarter", "", last, "MiB", null, note),
        ];
    }
}
