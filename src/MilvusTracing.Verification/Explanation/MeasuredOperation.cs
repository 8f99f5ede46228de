namespace MilvusTracing.Verification;

/// <summary>How long the calls of one operation and their parts took, in ticks of 100 ns. This is what <see cref="Baseline"/> saves.</summary>
/// <param name="Operation">The operation in snake case.</param>
/// <param name="ConsistencyLevel">The consistency level that the calls requested, if known.</param>
/// <param name="Calls">The duration of each call.</param>
/// <param name="Parts">For each part its time in each call, in the same order.</param>
internal sealed record MeasuredOperation(string Operation, string? ConsistencyLevel, long[] Calls, Dictionary<string, long[]> Parts)
{
    public static MeasuredOperation Of(IReadOnlyList<TimeBreakdown> calls) => new(
        calls[0].Operation.Name,
        calls[0].Operation.ConsistencyLevel,
        [.. calls.Select(call => call.Duration.Ticks)],
        calls.SelectMany(call => call.Slices.Keys.Select(slice => slice.Part)).Distinct()
            .ToDictionary(part => part, part => calls.Select(call => call.TimeIn(part).Ticks).ToArray()));

    public override string ToString() => ConsistencyLevel is null ? Operation : $"{Operation}, {ConsistencyLevel}";
}

/// <summary>Percentiles by nearest rank: values that occurred.</summary>
internal static class Percentile
{
    public static TimeSpan P50(long[] ticks) => Of(ticks, 0.5);

    public static TimeSpan P95(long[] ticks) => Of(ticks, 0.95);

    private static TimeSpan Of(long[] ticks, double fraction) =>
        TimeSpan.FromTicks(ticks.Order().ElementAt((int)Math.Ceiling(fraction * ticks.Length) - 1));
}
