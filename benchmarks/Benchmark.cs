namespace MilvusTracing.Benchmarks;

/// <summary>Something to measure, which gives rows of the table.</summary>
internal abstract class Benchmark
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    public abstract Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken);
}

/// <summary>A row of the table.</summary>
/// <param name="Benchmark">What was measured.</param>
/// <param name="Samples">What came out.</param>
/// <param name="Unit">The unit of the numbers; empty for ratios and counts.</param>
/// <param name="Limit">The largest median that meets the target; null where the number is only stated.</param>
/// <param name="Note">How it was measured, in a few words.</param>
internal sealed record Row(string Benchmark, Samples Samples, string Unit, double? Limit, string Note)
{
    public bool? Met => Limit is { } limit ? Samples.Median <= limit : null;
}

/// <summary>Median and spread of a set of numbers.</summary>
internal sealed record Samples(double Median, double Min, double Max, int Count)
{
    public static Samples Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(Percentile(sorted, 0.5), sorted[0], sorted[^1], sorted.Length);
    }

    /// <summary>For counts of losses: the worst one stands for all.</summary>
    public static Samples Worst(IEnumerable<double> values)
    {
        var samples = Of(values);
        return samples with { Median = samples.Max };
    }

    /// <summary>The nearest-rank percentile of ascending numbers.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double fraction) =>
        sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Count) - 1)];
}
