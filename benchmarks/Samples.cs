namespace MilvusTracing.Benchmarks;

/// <summary>Median and spread of a set of numbers.</summary>
internal sealed record Samples(double Median, double Min, double Max, int Count)
{
    public static Samples Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(Percentile(sorted, 0.5), sorted[0], sorted[^1], sorted.Length);
    }

    /// <summary>The nearest-rank percentile of ascending numbers.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double fraction) =>
        sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Count) - 1)];
}
