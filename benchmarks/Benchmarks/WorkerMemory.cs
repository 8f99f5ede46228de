namespace MilvusTracing.Benchmarks;

/// <summary>The memory of the worker over many passes while Jaeger is down, on the emulator.</summary>
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
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{ReservedPort.Free()}",
            ["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768",
            ["Worker__Passes"] = $"{passes}",
            ["Worker__Interval"] = "0.0001",
        });
        await worker.WaitForLineAsync("quick_setup passed");
        bench.Progress($"{passes} passes");
        var (mebibytes, _) = await bench.SampleMemoryAsync(worker, "VmRSS", TimeSpan.FromMilliseconds(200));
        var passed = worker.Lines.Count(line => line.Contains("quick_setup passed"));
        if (passed < passes)
        {
            throw new InvalidOperationException($"The worker ended after {passed} of {passes} passes.");
        }

        // The queue of spans, which has a maximum size, fills in the first quarter.
        var second = Samples.Of(mebibytes[(mebibytes.Count / 4)..(mebibytes.Count / 2)]).Median;
        var last = mebibytes[(mebibytes.Count * 3 / 4)..];
        var note = $"{passes} passes, Jaeger down, on the emulator";
        yield return new("memory of the worker, last quarter / second quarter", Samples.Of(last.Select(each => each / second)), "", 1.1, note);
    }
}
