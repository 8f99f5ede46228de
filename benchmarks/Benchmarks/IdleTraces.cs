using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>How many traces there are of Milvus's own accord while no client asks for anything.</summary>
internal sealed class IdleTraces : Benchmark
{
    public override string Name => "idle";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);

        // What earlier figures left in Milvus's batches belongs to them.
        await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken);
        var (start, window) = (DateTimeOffset.UtcNow, TimeSpan.FromSeconds(bench.Count(60)));
        progress.Report($"listening for {window.TotalSeconds} s");
        await Task.Delay(window, cancellationToken);

        HashSet<string> traces = [];
        foreach (var service in await hub.Jaeger.GetServicesAsync(cancellationToken))
        {
            var found = await hub.Jaeger.FindTracesAsync(new TraceQuery(service.Name, Limit: 10_000, start, start + window), cancellationToken);
            traces.UnionWith(found.Select(trace => trace.Id));
        }

        return [new("traces a minute while idle", Samples.Of([traces.Count]), "", 0, $"{window.TotalSeconds} s, all services")];
    }
}
