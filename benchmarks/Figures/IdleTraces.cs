namespace MilvusTracing.Benchmarks.Figures;

/// <summary>How many traces Milvus makes of its own accord while no client asks for anything.</summary>
internal sealed class IdleTraces : Figure
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public override string Id => "idle";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        // What earlier figures left in Milvus's batches belongs to them.
        await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken);
        var start = DateTimeOffset.UtcNow;
        for (var waited = TimeSpan.Zero; waited < Window; waited += TimeSpan.FromSeconds(1))
        {
            progress.Report($"listening, {(Window - waited).TotalSeconds:0} s left");
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }

        var traces = await bench.Jaeger.CountTracesAsync(start, start + Window, cancellationToken);
        return [new("traces a minute with no client activity", "0", Samples.Of([traces]), "", traces == 0, "one minute, all services")];
    }
}
