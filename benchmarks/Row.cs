namespace MilvusTracing.Benchmarks;

/// <summary>A row of the table.</summary>
/// <param name="Benchmark">What was measured.</param>
/// <param name="Samples">The measured values.</param>
/// <param name="Unit">The unit of the values; empty for ratios and counts.</param>
/// <param name="Limit">The target: the largest median that is allowed. Null if there is no target.</param>
/// <param name="Note">How it was measured, in a few words.</param>
internal sealed record Row(string Benchmark, Samples Samples, string Unit, double? Limit, string Note)
{
    public bool? Met => Limit is { } limit ? Samples.Median <= limit : null;
}

/// <summary>Median and range of a set of values.</summary>
internal sealed record Samples(double Median, double Min, double Max, int Count)
{
    public static Samples Of(params IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(Percentile(sorted, 0.5), sorted[0], sorted[^1], sorted.Length);
    }

    /// <summary>For counts that should be 0: the largest value takes the place of the median.</summary>
    public Samples Worst() => this with { Median = Max };

    /// <summary>The nearest-rank percentile of values in ascending order.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double fraction) =>
        sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Count) - 1)];
}
