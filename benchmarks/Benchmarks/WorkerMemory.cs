using MilvusTracing.Tests.Support;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The memory of the worker over many passes while the hub is down, on the emulator.</summary>
internal static class WorkerMemory
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var passes = bench.Count(20_000);
        var (emulator, connectionString) = await Bench.StartEmulatorAsync();
        await using var stopping = emulator;
        await using var worker = ChildProcess.StartProject("MilvusTracing.Worker", new Dictionary<string, string?>
        {
            ["ConnectionStrings__milvus"] = connectionString,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{Bench.FreePort()}",
            ["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768",
            ["Worker__Passes"] = $"{passes}",
            ["Worker__Interval"] = "0.0001",
        });
        await worker.WaitForLineAsync("quick_setup passed");
        List<double> mebibytes = [];
        for (var exit = worker.WaitForExitAsync(TimeSpan.FromHours(1)); !exit.IsCompleted; await Task.WhenAny(exit, Task.Delay(200)))
        {
            bench.CancellationToken.ThrowIfCancellationRequested();
            bench.Progress($"{mebibytes.Count} samples");
            mebibytes.Add(Bench.Mebibytes(worker, "VmRSS") is > 0 and var value ? value : mebibytes[^1]);
        }

        var passed = worker.Lines.Count(line => line.Contains("quick_setup passed"));
        if (passed < passes)
        {
            throw new InvalidOperationException($"The worker ended after {passed} of {passes} passes.");
        }

        // The queue of spans, which has a maximum size, fills in the first quarter.
        var second = Samples.Of(mebibytes[(mebibytes.Count / 4)..(mebibytes.Count / 2)]).Median;
        var last = mebibytes[(mebibytes.Count * 3 / 4)..];
        var note = $"{passes} passes, hub down, on the emulator";
        yield return new("memory of the worker, last quarter / second quarter", Samples.Of(last.Select(each => each / second)), "", 1.1, note);
        yield return new("memory of the worker, last quarter", Samples.Of(last), "MiB", null, note);
    }
}
