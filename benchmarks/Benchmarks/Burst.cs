using System.Diagnostics;
using MilvusTracing.Benchmarks.Client;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// A burst of searches at full speed: how many spans are missing while the hub is up; and how a fault of the hub affects the
/// searches, and how long after the fault traces stay incomplete.
/// </summary>
internal static class Burst
{
    private const int Concurrency = 16;

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromMinutes(2);

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var hub = await bench.HubAsync();
        var (rounds, request) = (bench.Count(5), new SearchRequest(bench.Count(10_000), Concurrency));
        var outcomes = FaultsOf(hub).ToDictionary(fault => fault, _ => new List<Outcome>());
        var none = outcomes.Keys.First();
        List<(int Jaeger, int Dashboard, int Difference)> missing = [];
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var fault in outcomes.Keys)
            {
                bench.Progress($"round {round} of {rounds}: hub {fault.Name}");
                await using (var client = await ClientProcess.StartAsync(ClientKind.Traced, bench))
                {
                    outcomes[fault].Add(await RunAsync(bench, hub, client, fault, request));
                }

                if (fault == none)
                {
                    missing.Add(await CountMissingAsync(hub, outcomes[fault][^1].Response));
                }
            }
        }

        var note = $"{rounds} bursts of {request.Searches} searches, {Concurrency} at a time";
        yield return Worst("client spans missing in Jaeger, hub up", missing.Select(counts => counts.Jaeger), note);
        yield return Worst("client spans missing in the dashboard, hub up", missing.Select(counts => counts.Dashboard), note);
        yield return Worst("spans in Jaeger, but not in the dashboard", missing.Select(counts => counts.Difference), note);
        double[] up = [.. outcomes[none].Select(outcome => outcome.Response.Percentile(0.99))];
        yield return new("search p99, hub up / its median", Samples.Of(up.Select(p99 => p99 / Samples.Of(up).Median)), "", null, $"{note}: noise");
        foreach (var (fault, rows) in outcomes.Where(outcome => outcome.Key != none))
        {
            var ratios = rows.Zip(up, (outcome, p99) => outcome.Response.Percentile(0.99) / p99);
            var recovery = Samples.Of(rows.Select(outcome => outcome.RecoverySeconds));
            yield return Worst($"failed searches, hub {fault.Name}", rows.Select(outcome => outcome.Response.Failed), note);
            yield return new($"search p99, hub {fault.Name} / up", Samples.Of(ratios), "", null, note);
            yield return new($"complete traces again after hub {fault.Name}", recovery, "s", 10, "since the end of the fault, while searching");
        }
    }

    private static Row Worst(string name, IEnumerable<int> counts, string note) =>
        new(name, Samples.Worst(counts.Select(count => (double)count)), "", 0, $"{note}; the worst");

    /// <summary>The faults, each with what happens to the hub before, during and after the burst.</summary>
    private static Fault[] FaultsOf(Hub hub) =>
    [
        new("up"),
        new("down", Before: hub.KillJaegerAsync, After: () => hub.StartJaegerAsync()),
        new("frozen", Before: () => Task.Run(hub.FreezeJaeger), After: () => Task.Run(hub.ResumeJaeger)),
        new("rejecting all requests", Before: hub.RejectAsync, After: () => hub.StartJaegerAsync()),
        new("restarted during the burst", During: async () =>
        {
            await hub.KillJaegerAsync();
            await hub.StartJaegerAsync();
        }),
    ];

    private static async Task<Outcome> RunAsync(Bench bench, Hub hub, ClientProcess client, Fault fault, SearchRequest request)
    {
        await (fault.Before?.Invoke() ?? Task.CompletedTask);
        var burst = client.SearchAsync(request);
        if (fault.During is not null)
        {
            await Task.WhenAny(burst, Task.Delay(TimeSpan.FromSeconds(2), bench.CancellationToken));
            await fault.During();
        }
        else
        {
            await burst;
        }

        await (fault.After?.Invoke() ?? Task.CompletedTask);
        return new(await WaitForCompleteTraceAsync(bench, hub, client, burst), await burst);
    }

    /// <summary>Waits for a new trace with spans of the client and of Milvus. Searches after the end of the burst.</summary>
    /// <returns>The seconds until then.</returns>
    private static async Task<double> WaitForCompleteTraceAsync(Bench bench, Hub hub, ClientProcess client, Task burst)
    {
        var start = DateTimeOffset.UtcNow;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < RecoveryLimit; await Task.Delay(200, bench.CancellationToken))
        {
            if (burst.IsCompleted)
            {
                await client.SearchAsync(new SearchRequest(1));
            }

            var latest = await hub.Jaeger.FindTracesAsync(new TraceQuery(Bench.ClientService, Limit: 3, start), bench.CancellationToken);
            if (latest.Any(trace => trace.Spans.Select(span => span.Service).ToHashSet().IsSupersetOf([Bench.ClientService, "standalone"])))
            {
                return watch.Elapsed.TotalSeconds;
            }
        }

        throw new TimeoutException($"There was no complete trace within {RecoveryLimit.TotalMinutes} minutes after the fault of the hub.");
    }

    private static async Task<(int Jaeger, int Dashboard, int Difference)> CountMissingAsync(Hub hub, SearchResponse response)
    {
        var (jaeger, dashboard) = (await CountAsync(hub.Jaeger), await CountAsync(hub.Dashboard));
        return (response.Spans - jaeger.Client, response.Spans - dashboard.Client, jaeger.All - dashboard.All);

        async Task<(int Client, int All)> CountAsync(ITraceBackend backend)
        {
            var all = await hub.WaitForAllAsync(backend, response.TraceIds);
            return (await hub.CountAsync(backend, response.TraceIds, Bench.ClientService), all);
        }
    }

    private sealed record Fault(string Name, Func<Task>? Before = null, Func<Task>? During = null, Func<Task>? After = null);

    private sealed record Outcome(double RecoverySeconds, SearchResponse Response);
}
