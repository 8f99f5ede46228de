namespace MilvusTracing.Verification;

/// <summary>Whether calls became slower or faster than before, by more than chance explains.</summary>
public enum Change
{
    /// <summary>There are fewer than 8 calls before or after: too few for a test.</summary>
    TooFewCalls,

    /// <summary>The difference may be chance.</summary>
    Noise,

    /// <summary>The calls are faster.</summary>
    Faster,

    /// <summary>The calls are slower.</summary>
    Slower,
}

/// <summary>
/// The Mann-Whitney U test, two-sided at 1 %: the normal approximation with the corrections for ties and continuity. It compares ranks,
/// so that single outliers do not matter.
/// </summary>
internal static class RankTest
{
    /// <summary>The quantile of the normal distribution at 0.995.</summary>
    private const double Critical = 2.576;

    public static Change Compare(long[] before, long[] after)
    {
        if (Math.Min(before.Length, after.Length) < Comparison.MinCalls)
        {
            return Change.TooFewCalls;
        }

        double count = before.Length + after.Length;
        double pairs = (double)before.Length * after.Length;
        var (below, ranksOfAfter, ties) = (0, 0.0, 0.0);
        foreach (var equal in before.Select(value => (value, IsAfter: 0)).Concat(after.Select(value => (value, IsAfter: 1)))
            .GroupBy(sample => sample.value, sample => sample.IsAfter).OrderBy(group => group.Key))
        {
            double size = equal.Count();
            ranksOfAfter += equal.Sum() * (below + ((size + 1) / 2));
            ties += (size * size * size) - size;
            below += (int)size;
        }

        var shift = ranksOfAfter - (after.Length * (after.Length + 1.0) / 2) - (pairs / 2);
        var deviation = Math.Sqrt(Math.Max(0, pairs / 12 * (count + 1 - (ties / (count * (count - 1))))));
        return Math.Abs(shift) - 0.5 <= Critical * deviation ? Change.Noise : shift > 0 ? Change.Slower : Change.Faster;
    }
}
