namespace MilvusTracing.Benchmarks;

/// <summary>
/// The capacity of Jaeger: what one instance does with the spans of searches at increasing rates, with each configuration
/// that Hosting has. The spans are those of a search on a real Milvus 2.3.5, recorded in OTLP.
/// </summary>
internal static class JaegerCapacity
{
    private const int MemoryLimitMebibytes = 1024;

    private static readonly int[] Rates = [1_000, 3_000, 10_000, 30_000, 100_000];

    private static readonly (string Name, string[] Files)[] Configurations =
    [
        ("memory store", []),
        ("Badger", ["badger.yaml"]),
        ("tail sampling", ["tail-sampling.yaml"]),
        ("forwarding to the dashboard", ["dashboard.yaml"]),
        ("forwarding and span metrics", ["dashboard.yaml", "span-metrics.yaml"]),
    ];

    private static readonly string[] DropCounters =
    [
        "otelcol_exporter_send_failed_spans", "otelcol_exporter_enqueue_failed_spans",
        "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early",
    ];

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var (backends, load) = (await bench.BackendsAsync(), SpanLoad.Read("search.json"));
        await backends.KillJaegerAsync();
        foreach (var (name, files) in Configurations)
        {
            foreach (var rate in Rates)
            {
                bench.Progress($"{name}, {rate} spans per second");
                yield return await LoadAsync(bench, backends, load, name, files, rate);
            }
        }

        await backends.StartJaegerAsync();
    }

    private static async Task<Row> LoadAsync(Bench bench, Backends backends, SpanLoad load, string name, string[] files, int rate)
    {
        var store = bench.Folder.CreateSubdirectory($"{name} {rate}");
        await backends.StartJaegerAsync(
            [.. files.Prepend("jaeger.yaml").Select(Backends.HostingFile), $"yaml:processors::memory_limiter::limit_mib: {MemoryLimitMebibytes}"],
            new() { ["BADGER_FOLDER"] = store.FullName, ["GOMEMLIMIT"] = $"{MemoryLimitMebibytes}MiB" });
        using var jaeger = Process.GetProcessById(backends.JaegerProcess.Id);
        var before = jaeger.TotalProcessorTime;
        var duration = TimeSpan.FromSeconds(bench.Count(10));
        var (perSecond, accepted, rejected) = await load.SendAsync(rate, duration, bench.CancellationToken);
        // Tail sampling decides 10 s after the first span of a trace.
        await WaitUntilIdleAsync(bench, jaeger, TimeSpan.FromSeconds(files.Contains("tail-sampling.yaml") ? 13 : 3));
        var (cpu, peak) = (jaeger.TotalProcessorTime, jaeger.PeakWorkingSet64);
        var dropped = await DroppedAsync(bench);
        // Like an orchestrator, so that Jaeger closes its store.
        backends.JaegerProcess.Signal();
        await backends.JaegerProcess.WaitForExitAsync();
        var stored = store.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return new(
            $"{name}, {rate:N0} spans/s: CPU per span",
            Samples.Of((cpu - before).TotalMicroseconds / Math.Max(1, accepted)),
            "µs", null,
            $"sent {perSecond:N0}/s for {duration.TotalSeconds} s, accepted {accepted:N0}, rejected {rejected:N0}, {peak >> 20} MiB{dropped}"
                + (stored > 0 ? $", {stored / accepted} B per span in the store" : ""));
    }

    /// <summary>Waits until Jaeger has used no processor for a time, at most one minute.</summary>
    private static async Task WaitUntilIdleAsync(Bench bench, Process jaeger, TimeSpan idle)
    {
        var (watch, lastWork) = (Stopwatch.StartNew(), TimeSpan.Zero);
        for (var last = jaeger.TotalProcessorTime; watch.Elapsed - lastWork < idle && watch.Elapsed < TimeSpan.FromMinutes(1);)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), bench.CancellationToken);
            jaeger.Refresh();
            var now = jaeger.TotalProcessorTime;
            // An idle Jaeger uses up to a tenth of a processor.
            lastWork = now - last > TimeSpan.FromMilliseconds(100) ? watch.Elapsed : lastWork;
            last = now;
        }
    }

    /// <returns>Jaeger's own counters of dropped spans and traces that are not 0.</returns>
    private static async Task<string> DroppedAsync(Bench bench)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri("http://127.0.0.1:8888/metrics"), bench.CancellationToken);
        return string.Concat(
            from line in metrics.Split('\n')
            where DropCounters.Any(line.StartsWith)
            group double.Parse(line[line.LastIndexOf(' ')..]) by DropCounters.First(line.StartsWith) into counter
            where counter.Sum() > 0
            select $", {counter.Key} {counter.Sum():N0}");
    }
}
