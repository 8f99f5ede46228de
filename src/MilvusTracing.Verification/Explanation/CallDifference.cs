namespace MilvusTracing.Verification;

/// <summary>What the slowest call of an operation did differently from the median call.</summary>
public sealed class CallDifference
{
    /// <summary>The sentence names parts until they explain so much of the difference.</summary>
    private const double Explained = 0.8;

    /// <summary>Less than this share of the slowest call is little longer.</summary>
    private const double LittleLonger = 0.2;

    private CallDifference(IReadOnlyList<TimeBreakdown> calls)
    {
        var (median, slowest) = (calls[(calls.Count - 1) / 2], calls[^1]);
        (Calls, Median, MedianTraceId, Slowest) = (calls.Count, median.Duration, median.TraceId, slowest.Duration);
        Parts = [.. from part in slowest.Slices.Concat(median.Slices).Select(slice => slice.Key.Part).Distinct()
                    let most = slowest.Slices.Where(slice => slice.Key.Part == part)
                        .GroupBy(slice => slice.Key.Node, slice => slice.Value.Ticks).MaxBy(node => node.Sum())
                    let difference = new PartDifference(part, most?.Key, slowest.TimeIn(part), median.TimeIn(part))
                    orderby difference.Slowest - difference.Median descending
                    select difference];
    }

    /// <summary>The number of calls.</summary>
    public int Calls { get; }

    /// <summary>The duration of the slowest call.</summary>
    public TimeSpan Slowest { get; }

    /// <summary>The duration of the median call.</summary>
    public TimeSpan Median { get; }

    /// <summary>The id of the trace with the median call.</summary>
    public string MedianTraceId { get; }

    /// <summary>The parts of both calls, that with the largest difference first.</summary>
    public IReadOnlyList<PartDifference> Parts { get; }

    /// <summary>Says which parts took longer, where, and how long they take in the median call.</summary>
    /// <returns>One sentence.</returns>
    public override string ToString()
    {
        var (total, missing) = (Slowest - Median, (Slowest - Median) * Explained);
        if (total < Slowest * LittleLonger)
        {
            return $"The slowest of {Calls} calls takes little longer than the median call: {Format.Duration(Slowest)} instead of {Format.Duration(Median)}.";
        }

        var named = new List<string>();
        foreach (var part in Parts.TakeWhile(part => missing > TimeSpan.Zero && part.Slowest > part.Median))
        {
            missing -= part.Slowest - part.Median;
            named.Add($"{Format.Duration(part.Slowest)} {(named.Count == 0 ? "are " : "")}{part.Where} ({Format.Duration(part.Median)} in the median call)");
        }

        return $"The slowest of {Calls} calls takes {Format.Duration(Slowest)}, the median call {Format.Duration(Median)}: {string.Join(", ", named)}.";
    }

    /// <param name="calls">The calls by duration.</param>
    /// <returns>Null for one call.</returns>
    internal static CallDifference? Of(IReadOnlyList<TimeBreakdown> calls) => calls.Count > 1 ? new CallDifference(calls) : null;
}

/// <summary>One part of the slowest and of the median call.</summary>
/// <param name="Part">What the time was spent on, as in <see cref="PartExplanation.Name"/>.</param>
/// <param name="Node">The process of Milvus with most of it in the slowest call, such as <c>querynode 7</c>; null outside Milvus.</param>
/// <param name="Slowest">The part's time in the slowest call.</param>
/// <param name="Median">The part's time in the median call.</param>
public sealed record PartDifference(string Part, string? Node, TimeSpan Slowest, TimeSpan Median)
{
    internal string Where => Node is null ? Part : Part == Verification.Part.InternalNetwork ? $"{Part} to {Node}" : $"{Part} on {Node}";
}
