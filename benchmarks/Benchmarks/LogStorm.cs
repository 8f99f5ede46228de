using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Grpc.Net.Client;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// 10,000 log lines per second from Milvus, one in ten with a trace id, forwarded to a real dashboard: the processor time
/// and memory of the AppHost, the delay of the reader, and the dropped lines. Milvus itself never waits: Aspire buffers.
/// </summary>
internal static class LogStorm
{
    private const int LinesPerSecond = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var hub = await bench.HubAsync();
        using var channel = GrpcChannel.ForAddress(hub.DashboardOtlp);
        var client = new LogsService.LogsServiceClient(channel);
        List<double> busy = [], delays = [], dropped = [], mebibytes = [];
        var seconds = bench.Count(10);
        for (var run = 1; run <= bench.Count(5); run++)
        {
            bench.Progress($"run {run}");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(bench.CancellationToken);
            var sender = new OtlpLogSender(
                "standalone", (request, cancel) => client.ExportAsync(request, cancellationToken: cancel).ResponseAsync, TimeProvider.System);
            var forwarder = new MilvusLogForwarder(MilvusLogSelection.Warning, "s3cret", sender.Add, TimeProvider.System);
            var sending = sender.RunAsync(stop.Token);
            var longest = TimeSpan.Zero;
            var (cpu, memory) = (Environment.CpuUsage.TotalTime, GC.GetTotalMemory(forceFullCollection: true));
            var watch = Stopwatch.StartNew();

            await forwarder.ReadAsync(StormAsync(seconds, watch, delay => longest = delay > longest ? delay : longest), bench.CancellationToken);

            busy.Add((Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed * 100);
            mebibytes.Add((GC.GetTotalMemory(forceFullCollection: true) - memory) / 1048576d);
            delays.Add(longest.TotalMilliseconds);
            dropped.Add(sender.TakeDropped().Count);
            await stop.CancelAsync();
            await sending.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        var note = $"{bench.Count(5)} runs of {seconds} s, one line in ten with a trace id";
        yield return new("10,000 log lines/s: processor", Samples.Of(busy), "% of a core", 50, note);
        yield return new("10,000 log lines/s: delay of the reader", Samples.Of(delays), "ms", 1_000, note);
        yield return new("10,000 log lines/s: dropped", Samples.Worst(dropped), "lines", 0, note);
        yield return new("10,000 log lines/s: memory in use afterwards", Samples.Of(mebibytes), "MiB", 64, note);
    }

    /// <summary>A batch for each interval, as Aspire delivers them. Reports how late the reader asks for the next one.</summary>
    private static async IAsyncEnumerable<IReadOnlyList<LogLine>> StormAsync(int seconds, Stopwatch watch, Action<TimeSpan> report)
    {
        var size = (int)(LinesPerSecond * Interval.TotalSeconds);
        var number = 0;
        for (var due = Interval; due <= TimeSpan.FromSeconds(seconds); due += Interval)
        {
            var now = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);
            LogLine[] batch = [.. Enumerable.Range(0, size).Select(_ => new LogLine(++number, Line(now, number), false))];
            if (due - watch.Elapsed is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest);
            }

            yield return batch;
            report(watch.Elapsed - due);
        }
    }

    private static string Line(string now, int number) =>
        $"{now} [2026/11/24 17:17:41.615 +00:00] [INFO] [rootcoord/root_coord.go:992] [\"received request to describe collection\"] "
        + (number % 10 == 0 ? $"[traceID={number:x32}] " : "")
        + $"[dbName=default] [\"collection name\"=\"quick setup {number}\"] [role=rootcoord] [state=\"nodeID:-1 role:\\\"indexnode\\\" \"]";
}
