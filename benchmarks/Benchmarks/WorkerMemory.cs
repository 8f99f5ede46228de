namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// Whether the worker's memory grows while the hub is down: pass after pass, on the emulator, where one takes milliseconds.
/// </summary>
internal sealed class WorkerMemory : Benchmark
{
    private const int SampleEvery = 100;

    public override string Name => "memory";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var (passes, port, closed) = (bench.Count(20_000), Bench.FreePort(), Bench.FreePort());
        using var emulator = Bench.Start("dotnet", [Bench.Assembly("MilvusTracing.Emulator")], new Dictionary<string, string?> { ["PROXY_PORT"] = $"{port}" });
        // It logs every call, and would wait for a reader.
        _ = emulator.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
        List<double> mebibytes = [];
        try
        {
            await Bench.WaitForPortAsync(port, cancellationToken);
            using var worker = Bench.Start("dotnet", [Bench.Assembly("MilvusTracing.Worker")], new Dictionary<string, string?>
            {
                ["ConnectionStrings__milvus"] = $"Endpoint=http://127.0.0.1:{port};Key=root:Milvus",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{closed}",
                ["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768",
                ["Worker__Passes"] = $"{passes}",
                ["Worker__Interval"] = "0.0001",
            });
            for (var passed = 0; await worker.StandardOutput.ReadLineAsync(cancellationToken) is { } line;)
            {
                if (line.Contains("quick_setup passed") && ++passed % SampleEvery == 0)
                {
                    progress.Report($"pass {passed} of {passes}");
                    worker.Refresh();
                    mebibytes.Add(worker.HasExited ? mebibytes[^1] : worker.WorkingSet64 / 1048576d);
                }
            }
        }
        finally
        {
            emulator.Kill();
        }

        if (mebibytes.Count < Math.Max(4, passes / SampleEvery * 9 / 10))
        {
            throw new InvalidOperationException($"The worker ended after {mebibytes.Count * SampleEvery} of {passes} passes.");
        }

        // The first quarter fills the queue, whose size is bounded.
        var second = Samples.Of(mebibytes[(mebibytes.Count / 4)..(mebibytes.Count / 2)]);
        var last = Samples.Of(mebibytes[(mebibytes.Count * 3 / 4)..]);
        var note = $"{passes} passes, hub down, on the emulator";
        return
        [
            new("worker's memory, last quarter / second quarter", new(last.Median / second.Median, last.Min / second.Median, last.Max / second.Median, last.Count), "", 1.1, note),
            new("worker's memory, last quarter", last, "MiB", null, note),
        ];
    }
}
