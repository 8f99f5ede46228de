using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// A burst of searches at full speed: how many of its spans are missing where the hub is up, and what a hub that is down,
/// hangs, answers errors or is started again in the middle changes for the searches, and for how long for the traces.
/// </summary>
internal sealed class Burst : Benchmark
{
    private const int Concurrency = 16;

    private static readonly TimeSpan ResumeLimit = TimeSpan.FromMinutes(2);

    private enum Fault
    {
        None,
        Down,
        Hanging,
        Refusing,
        Restarted,
    }

    public override string Name => "burst";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        var (rounds, request) = (bench.Count(5), new Request(bench.Count(10_000), Concurrency));
        List<Dictionary<Fault, Answer>> bursts = [];
        List<(int Jaeger, int Dashboard, int Difference)> lost = [];
        List<Dictionary<Fault, double>> resumed = [];
        for (var round = 1; round <= rounds; round++)
        {
            bursts.Add([]);
            resumed.Add([]);
            foreach (var fault in Enum.GetValues<Fault>())
            {
                progress.Report($"round {round} of {rounds}: hub {Words(fault)}");
                await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench, hub, cancellationToken))
                {
                    (bursts[^1][fault], var whole) = await RunAsync(client, fault);
                    if (whole is not null)
                    {
                        resumed[^1][fault] = await whole;
                    }
                }

                if (fault == Fault.None)
                {
                    lost.Add(await CountLostAsync(hub, bursts[^1][fault], cancellationToken));
                }
            }
        }

        var note = $"{rounds} bursts of {request.Searches} searches, {Concurrency} at a time";
        return
        [
            Worst("spans lost in Jaeger, hub up", lost.Select(counts => counts.Jaeger), $"{note}; the client's, which ends right after"),
            Worst("spans lost in the dashboard, hub up", lost.Select(counts => counts.Dashboard), $"{note}; the client's, which ends right after"),
            Worst("spans in Jaeger that the dashboard lacks", lost.Select(counts => counts.Difference), $"{note}; the client's and Milvus's"),
            new("search p99, hub up, to its own median", Relative(Fault.None), "", null, $"{note}: the noise"),
            .. Enum.GetValues<Fault>().Where(fault => fault != Fault.None).SelectMany(Rows),
        ];

        // Its answer, and the seconds from the hub's return to the first whole trace, where it was away.
        async Task<(Answer Answer, Task<double>? Whole)> RunAsync(ClientProcess client, Fault fault)
        {
            WebApplication? refusing = null;
            switch (fault)
            {
                case Fault.Down:
                    await hub.StopAsync();
                    break;
                case Fault.Hanging:
                    hub.Freeze();
                    break;
                case Fault.Refusing:
                    await hub.StopAsync();
                    refusing = await Hub.RefuseAsync();
                    break;
            }

            var burst = client.RunAsync(request, cancellationToken);
            if (fault == Fault.Restarted)
            {
                await Task.WhenAny(burst, Task.Delay(TimeSpan.FromSeconds(2), cancellationToken));
                await hub.StopAsync();
                await hub.ReturnAsync(cancellationToken);
                var whole = WaitForTracesAsync(client, burst, hub, cancellationToken);
                return (await burst, whole);
            }

            var answer = await burst;
            switch (fault)
            {
                case Fault.Down or Fault.Refusing:
                    await (refusing?.DisposeAsync() ?? default);
                    await hub.ReturnAsync(cancellationToken);
                    break;
                case Fault.Hanging:
                    hub.Thaw();
                    break;
            }

            return (answer, fault == Fault.None ? null : WaitForTracesAsync(client, burst, hub, cancellationToken));
        }

        IEnumerable<Row> Rows(Fault fault) =>
        [
            Worst($"failed searches, hub {Words(fault)}", bursts.Select(round => round[fault].Failed), note),
            new($"search p99, hub {Words(fault)} / up", Samples.Of(bursts.Select(round => round[fault].Percentile(0.99) / round[Fault.None].Percentile(0.99))), "", null, note),
            new($"whole traces again after hub {Words(fault)}", Samples.Of(resumed.Select(round => round[fault])), "s", 10, "since its return, searching all the while"),
        ];

        Samples Relative(Fault fault)
        {
            var tails = bursts.Select(round => round[fault].Percentile(0.99)).ToList();
            return Samples.Of(tails.Select(tail => tail / Samples.Of(tails).Median));
        }
    }

    private static Row Worst(string figure, IEnumerable<int> counts, string note) =>
        new(figure, Samples.Worst(counts.Select(count => (double)count)), "", 0, $"{note}; the worst");

    private static string Words(Fault fault) => fault switch
    {
        Fault.None => "up",
        Fault.Down => "down",
        Fault.Hanging => "hanging",
        Fault.Refusing => "answering errors",
        _ => "restarted in mid-burst",
    };

    /// <summary>
    /// Called when the hub is back: waits for a trace begun since that holds spans of the client and of Milvus. When the
    /// burst is over, searches on.
    /// </summary>
    /// <returns>Seconds.</returns>
    private static async Task<double> WaitForTracesAsync(ClientProcess client, Task burst, Hub hub, CancellationToken cancellationToken)
    {
        var returned = DateTimeOffset.UtcNow;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < ResumeLimit; await Task.Delay(200, cancellationToken))
        {
            if (burst.IsCompleted)
            {
                await client.RunAsync(new Request(1), cancellationToken);
            }

            var latest = await hub.Jaeger.FindTracesAsync(new TraceQuery(Bench.ClientService, Limit: 3, returned), cancellationToken);
            if (latest.Any(trace => trace.Spans.Any(span => span.Service == Bench.ClientService) && trace.Spans.Any(span => span.Service == "standalone")))
            {
                return watch.Elapsed.TotalSeconds;
            }
        }

        throw new TimeoutException($"No whole trace came within {ResumeLimit.TotalMinutes} minutes of the hub's return.");
    }

    private static async Task<(int Jaeger, int Dashboard, int Difference)> CountLostAsync(Hub hub, Answer answer, CancellationToken cancellationToken)
    {
        var jaeger = await CountWhenStillAsync(hub.Jaeger);
        var dashboard = await CountWhenStillAsync(hub.Dashboard);
        return (answer.Spans - jaeger.Client, answer.Spans - dashboard.Client, jaeger.All - dashboard.All);

        // Milvus's core exports every 5 s.
        async Task<(int Client, int All)> CountWhenStillAsync(ITraceBackend backend)
        {
            for (var last = -1; ; await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken))
            {
                var all = await Hub.CountAsync(backend, answer.TraceIds, null, cancellationToken);
                if (all == last)
                {
                    return (await Hub.CountAsync(backend, answer.TraceIds, Bench.ClientService, cancellationToken), all);
                }

                last = all;
            }
        }
    }
}
