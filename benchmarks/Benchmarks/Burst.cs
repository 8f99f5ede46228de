namespace MilvusTracing.Benchmarks;

/// <summary>
/// A burst of searches at full speed: how many spans are missing while Jaeger is up; and how a fault of Jaeger affects the
/// searches, and how long after the fault traces stay incomplete.
/// </summary>
internal static class Burst
{
    private const int Concurrency = 16;

    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var backends = await bench.BackendsAsync();
        var (rounds, request) = (bench.Count(5), new SearchRequest(bench.Count(10_000), Concurrency));
        var faults = FaultsOf(backends);
        List<(double Jaeger, double Dashboard, double Difference)> missing = [];
        var outcomes = await bench.RepeatAsync("round", rounds, async () =>
        {
            // The first burst is the one without a fault.
            List<Outcome> round = [await RunAsync(bench, backends, faults[0], request)];
            missing.Add(await CountMissingAsync(backends, round[0].Response));
            foreach (var fault in faults[1..])
            {
                round.Add(await RunAsync(bench, backends, fault, request));
            }

            return round;
        });

        var note = $"{rounds} bursts of {request.Searches} searches, {Concurrency} at a time";
        var worst = $"{note}; the worst";
        yield return new("client spans missing in Jaeger", Samples.Of(missing.Select(spans => spans.Jaeger)).Worst(), "", 0, worst);
        yield return new("client spans missing in the dashboard", Samples.Of(missing.Select(spans => spans.Dashboard)).Worst(), "", 0, worst);
        yield return new("spans in Jaeger, but not in the dashboard", Samples.Of(missing.Select(spans => spans.Difference)).Worst(), "", 0, worst);
        var up = Of(round => round[0].P99).Median;
        yield return new("search p99, Jaeger up / its median", Of(round => round[0].P99 / up), "", null, $"{note}: noise");
        foreach (var (index, fault) in faults.Index().Skip(1))
        {
            var since = "since the end of the fault, while searching";
            yield return new($"failed searches, Jaeger {fault.Name}", Of(round => round[index].Response.Failed).Worst(), "", 0, worst);
            yield return new($"search p99, Jaeger {fault.Name} / up", Of(round => round[index].P99 / round[0].P99), "", null, note);
            yield return new($"complete traces again after Jaeger {fault.Name}", Of(round => round[index].RecoverySeconds), "s", 10, since);
        }

        Samples Of(Func<List<Outcome>, double> value) => Samples.Of(outcomes.Select(value));
    }

    private static Fault[] FaultsOf(Backends backends)
    {
        return
        [
            new("up", () => Task.CompletedTask, () => Task.CompletedTask),
            new("down", backends.KillJaegerAsync, () => backends.StartJaegerAsync()),
            new("frozen", () => SignalAsync("-STOP"), () => SignalAsync("-CONT")),
            new("rejecting all requests", backends.RejectAsync, () => backends.StartJaegerAsync()),
            new("restarted during the burst", backends.KillJaegerAsync, () => backends.StartJaegerAsync(), IsDuringBurst: true),
        ];

        Task SignalAsync(string signal) => ChildProcess.RunAsync("kill", signal, $"{backends.JaegerProcess.Id}");
    }

    private static async Task<Outcome> RunAsync(Bench bench, Backends backends, Fault fault, SearchRequest request)
    {
        await using var client = await ClientProcess.StartAsync(ClientKind.Traced, bench);
        await (fault.IsDuringBurst ? Task.CompletedTask : fault.BeginAsync());
        var burst = client.SearchAsync(request);
        await Task.WhenAny(burst, Task.Delay(fault.IsDuringBurst ? TimeSpan.FromSeconds(2) : Timeout.InfiniteTimeSpan, bench.CancellationToken));
        await (fault.IsDuringBurst ? fault.BeginAsync() : Task.CompletedTask);
        await fault.EndAsync();
        return new(await WaitForCompleteTraceAsync(bench, backends, client, burst), await burst);
    }

    /// <summary>Waits for a new trace with spans of the client and of Milvus. Searches after the end of the burst.</summary>
    /// <returns>The seconds until then.</returns>
    private static async Task<double> WaitForCompleteTraceAsync(Bench bench, Backends backends, ClientProcess client, Task burst)
    {
        var watch = Stopwatch.StartNew();
        var query = new TraceQuery(ClientProcess.Service, Limit: 3, DateTimeOffset.UtcNow);
        await Timeouts.PollAsync(
            async () =>
            {
                if (burst.IsCompleted)
                {
                    await client.SearchAsync(new SearchRequest(1));
                }

                var latest = await backends.Jaeger.FindTracesAsync(query, bench.CancellationToken);
                return latest.Any(trace => trace.Spans.Select(span => span.Service).ToHashSet().IsSupersetOf([ClientProcess.Service, "standalone"]));
            },
            () => "There was no complete trace after the fault of Jaeger.",
            TimeSpan.FromMilliseconds(200));
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<(double Jaeger, double Dashboard, double Difference)> CountMissingAsync(Backends backends, SearchResponse response)
    {
        var (jaeger, dashboard) = (await CountAsync(backends.Jaeger), await CountAsync(backends.Dashboard));
        var spans = response.TraceIds.Length + response.Milliseconds.Length;
        return (spans - jaeger.Client, spans - dashboard.Client, jaeger.All - dashboard.All);

        async Task<(int Client, int All)> CountAsync(ITraceBackend backend)
        {
            var all = await backends.WaitForAllAsync(backend, response.TraceIds);
            return (await backends.CountAsync(backend, response.TraceIds, ClientProcess.Service), all);
        }
    }

    /// <summary>A fault of Jaeger, which is there before the burst, or begins and ends during the burst.</summary>
    private sealed record Fault(string Name, Func<Task> BeginAsync, Func<Task> EndAsync, bool IsDuringBurst = false);

    private sealed record Outcome(double RecoverySeconds, SearchResponse Response)
    {
        public double P99 { get; } = Samples.Percentile([.. Response.Milliseconds.Order()], 0.99);
    }
}
