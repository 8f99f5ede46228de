using System.Diagnostics;
using System.Globalization;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// The capacity of the hub: what one Jaeger does with the spans of searches at increasing rates, with each configuration
/// that Hosting has. The spans are those of a search on a real Milvus 2.3.5, recorded in OTLP.
/// </summary>
internal static class HubCapacity
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

    /// <summary>Jaeger has processed its queue once it was idle for this long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    /// <summary>Tail sampling decides 10 s after the first span of a trace.</summary>
    private static readonly TimeSpan DecisionWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(1);

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        foreach (var operation in new[] { "search", "insert" })
        {
            var recorded = SpanLoad.Read($"{operation}.json");
            yield return new($"spans of a {operation}", Samples.Of(recorded.Spans), "", null, "recorded, includes the client's span");
            yield return new($"a span of a {operation} on the wire", Samples.Of(recorded.BytesPerSpan), "B", null, "OTLP/gRPC, not compressed");
        }

        var (hub, load) = (await bench.HubAsync(), SpanLoad.Read("search.json"));
        await hub.KillJaegerAsync();
        foreach (var (name, files) in Configurations)
        {
            foreach (var rate in Rates)
            {
                bench.Progress($"{name}, {rate} spans per second");
                yield return await LoadAsync(bench, hub, load, name, files, rate);
            }
        }

        await hub.StartJaegerAsync();
    }

    private static async Task<Row> LoadAsync(Bench bench, Hub hub, SpanLoad load, string name, string[] files, int rate)
    {
        var folder = Directory.CreateTempSubdirectory("milvus-tracing-bench-");
        try
        {
            var limits = Path.Combine(folder.FullName, "limits.yaml");
            await File.WriteAllTextAsync(limits, $"processors: {{memory_limiter: {{limit_mib: {MemoryLimitMebibytes}}}}}", bench.CancellationToken);
            var store = folder.CreateSubdirectory("store");
            await hub.StartJaegerAsync(
                [Hub.HostingFile("jaeger.yaml"), .. files.Select(Hub.HostingFile), limits],
                new() { ["BADGER_FOLDER"] = store.FullName, ["GOMEMLIMIT"] = $"{MemoryLimitMebibytes}MiB" });
            var before = hub.JaegerUsage.Cpu;
            var duration = TimeSpan.FromSeconds(bench.Count(10));
            var (perSecond, accepted, rejected) = await load.SendAsync(rate, duration, bench.CancellationToken);
            await WaitUntilIdleAsync(bench, hub, files.Contains("tail-sampling.yaml") ? DecisionWait + Idle : Idle);
            var (cpu, peak) = hub.JaegerUsage;
            var note = string.Create(
                CultureInfo.InvariantCulture,
                $"sent {perSecond:N0}/s for {duration.TotalSeconds} s, accepted {accepted:N0}, rejected {rejected:N0}, {peak >> 20} MiB")
                + await DroppedAsync(bench);
            await hub.StopJaegerAsync();
            var stored = store.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            return new(
                string.Create(CultureInfo.InvariantCulture, $"{name}, {rate:N0} spans/s: CPU per span"),
                Samples.Of((cpu - before).TotalMicroseconds / Math.Max(1, accepted)),
                "µs",
                null,
                stored > 0 ? $"{note}, {stored / accepted} B per span in the store" : note);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WaitUntilIdleAsync(Bench bench, Hub hub, TimeSpan idle)
    {
        var (watch, lastWork) = (Stopwatch.StartNew(), TimeSpan.Zero);
        for (var last = hub.JaegerUsage.Cpu; watch.Elapsed - lastWork < idle && watch.Elapsed < DrainLimit;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), bench.CancellationToken);
            var now = hub.JaegerUsage.Cpu;
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
            group double.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture) by DropCounters.First(line.StartsWith) into counter
            where counter.Sum() > 0
            select string.Create(CultureInfo.InvariantCulture, $", {counter.Key} {counter.Sum():N0}"));
    }
}
