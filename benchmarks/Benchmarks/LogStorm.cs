using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Grpc.Net.Client;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Benchmarks;

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
        await bench.BackendsAsync();
        using var channel = GrpcChannel.ForAddress(Backends.DashboardOtlp);
        var client = new LogsService.LogsServiceClient(channel);
        var seconds = bench.Count(10);
        var runs = await bench.RepeatAsync("run", bench.Count(5), async () =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(bench.CancellationToken);
            var sender = new OtlpLogSender(
                "standalone", (request, cancel) => client.ExportAsync(request, cancellationToken: cancel).ResponseAsync, TimeProvider.System);
            var forwarder = new MilvusLogForwarder(MilvusLogSelection.Warning, "s3cret", sender.Add, TimeProvider.System);
            var sending = sender.RunAsync(stop.Token);
            var delay = TimeSpan.Zero;
            var (cpu, memory) = (Environment.CpuUsage.TotalTime, GC.GetTotalMemory(forceFullCollection: true));
            var watch = Stopwatch.StartNew();

            await forwarder.ReadAsync(StormAsync(), bench.CancellationToken);

            var busy = (Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed * 100;
            var mebibytes = (GC.GetTotalMemory(forceFullCollection: true) - memory) / 1048576d;
            var dropped = (double)sender.TakeDropped().Count;
            await stop.CancelAsync();
            await sending.ContinueWith(_ => { }, TaskScheduler.Default);
            return (Busy: busy, Delay: delay.TotalMilliseconds, Dropped: dropped, Mebibytes: mebibytes);

            // A batch for each interval, as Aspire delivers them.
            async IAsyncEnumerable<IReadOnlyList<LogLine>> StormAsync()
            {
                var (size, number) = ((int)(LinesPerSecond * Interval.TotalSeconds), 0);
                for (var due = Interval; due <= TimeSpan.FromSeconds(seconds); due += Interval)
                {
                    var now = DateTime.UtcNow.ToString("O");
                    LogLine[] batch = [.. Enumerable.Range(0, size).Select(_ => new LogLine(++number, Line(now, number), false))];
                    var early = due - watch.Elapsed;
                    await Task.Delay(early > TimeSpan.Zero ? early : TimeSpan.Zero);
                    yield return batch;
                    delay = watch.Elapsed - due > delay ? watch.Elapsed - due : delay;
                }
            }
        });

        var note = $"{runs.Count} runs of {seconds} s, one line in ten with a trace id";
        yield return new("10,000 log lines/s: processor", Samples.Of(runs.Select(run => run.Busy)), "% of a core", 50, note);
        yield return new("10,000 log lines/s: delay of the reader", Samples.Of(runs.Select(run => run.Delay)), "ms", 1_000, note);
        yield return new("10,000 log lines/s: dropped", Samples.Of(runs.Select(run => run.Dropped)).Worst(), "lines", 0, note);
        yield return new("10,000 log lines/s: memory in use afterwards", Samples.Of(runs.Select(run => run.Mebibytes)), "MiB", 64, note);
    }

    private static string Line(string now, int number) =>
        $"{now} [2026/11/24 17:17:41.615 +00:00] [INFO] [rootcoord/root_coord.go:992] [\"received request to describe collection\"] "
        + (number % 10 == 0 ? $"[traceID={number:x32}] " : "")
        + $"[dbName=default] [\"collection name\"=\"quick setup {number}\"] [role=rootcoord] [state=\"nodeID:-1 role:\\\"indexnode\\\" \"]";
}
