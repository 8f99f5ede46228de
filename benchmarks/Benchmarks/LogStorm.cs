using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Grpc.Net.Client;
using MilvusTracing.Hosting.Logs;
using MilvusTracing.Hosting.Logs.Otlp;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// A storm of 10,000 lines a second in Milvus's log, one in ten of them on a trace, sent on to the real dashboard: what it
/// costs the AppHost, how late the reader is, and what is lost. Milvus itself never waits: Aspire takes its lines.
/// </summary>
internal sealed class LogStorm : Benchmark
{
    private const int LinesPerSecond = 10_000;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    public override string Name => "logstorm";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        using var channel = GrpcChannel.ForAddress(hub.DashboardOtlp);
        var client = new LogsService.LogsServiceClient(channel);
        List<double> busy = [], late = [], lost = [], mebibytes = [];
        var seconds = bench.Count(10);
        for (var run = 1; run <= bench.Count(5); run++)
        {
            progress.Report($"run {run}");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var sender = new OtlpLogSender("standalone", (request, cancel) => client.ExportAsync(request, cancellationToken: cancel).ResponseAsync, TimeProvider.System);
            var forwarder = new MilvusLogForwarder(MilvusLogSelection.Warning, "s3cret", sender.Add, TimeProvider.System);
            var sending = sender.RunAsync(stop.Token);
            var latest = TimeSpan.Zero;
            var (cpu, memory) = (Environment.CpuUsage.TotalTime, GC.GetTotalMemory(forceFullCollection: true));
            var watch = Stopwatch.StartNew();

            await forwarder.ReadAsync(StormAsync(seconds, watch, lateness => latest = lateness > latest ? lateness : latest), cancellationToken);

            busy.Add((Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed * 100);
            mebibytes.Add((GC.GetTotalMemory(forceFullCollection: true) - memory) / 1048576d);
            late.Add(latest.TotalMilliseconds);
            lost.Add(sender.TakeDropped().Count);
            await stop.CancelAsync();
            await sending.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        var note = $"{bench.Count(5)} runs of {seconds} s, one line in ten on a trace";
        return
        [
            new("10,000 lines a second: processor", Samples.Of(busy), "% of a core", 50, note),
            new("10,000 lines a second: reader late", Samples.Of(late), "ms", 1_000, note),
            new("10,000 lines a second: lost", Samples.Worst(lost), "lines", 0, note),
            new("10,000 lines a second: memory kept", Samples.Of(mebibytes), "MiB", 64, note),
        ];
    }

    /// <summary>A batch each turn, as Aspire hands them on; late by what the reader has not taken in time.</summary>
    private static async IAsyncEnumerable<IReadOnlyList<LogLine>> StormAsync(int seconds, Stopwatch watch, Action<TimeSpan> late)
    {
        var size = (int)(LinesPerSecond * Turn.TotalSeconds);
        var number = 0;
        for (var due = Turn; due <= TimeSpan.FromSeconds(seconds); due += Turn)
        {
            var now = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);
            LogLine[] batch = [.. Enumerable.Range(0, size).Select(_ => new LogLine(++number, Line(now, number), false))];
            if (due - watch.Elapsed is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest);
            }

            yield return batch;
            late(watch.Elapsed - due);
        }
    }

    private static string Line(string now, int number) =>
        $"{now} [2026/11/24 17:17:41.615 +00:00] [INFO] [rootcoord/root_coord.go:992] [\"received request to describe collection\"] "
        + (number % 10 == 0 ? $"[traceID={number:x32}] " : "")
        + $"[dbName=default] [\"collection name\"=\"quick setup {number}\"] [role=rootcoord] [state=\"nodeID:-1 role:\\\"indexnode\\\" \"]";
}
