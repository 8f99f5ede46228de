using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>How the durations of operations changed from a baseline to an explanation.</summary>
public sealed class Comparison
{
    /// <summary>How many calls of an operation a comparison needs, before and after.</summary>
    public const int MinCalls = 8;

    private Comparison(IReadOnlyList<OperationComparison> operations, IReadOnlyList<string> onlyOnce) => (Operations, OnlyOnce) = (operations, onlyOnce);

    /// <summary>The operations with calls before and after, by name and consistency level.</summary>
    public IReadOnlyList<OperationComparison> Operations { get; }

    /// <summary>The operations with calls only before or only after, and which, one in a sentence.</summary>
    public IReadOnlyList<string> OnlyOnce { get; }

    /// <summary>Compares the calls of each operation.</summary>
    /// <param name="before">The earlier durations.</param>
    /// <param name="after">An explanation of all later calls.</param>
    /// <returns>The comparison.</returns>
    /// <example><code>Console.WriteLine(Comparison.Of(Baseline.Load("before.json"), explanation).ToPlainText());</code></example>
    public static Comparison Of(Baseline before, Explanation after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var earlier = before.Operations.Where(operation => after.Operation is null || operation.Operation == after.Operation).ToLookup(operation => operation.ToString());
        var later = after.Operations.ToDictionary(operation => operation.Measured.ToString(), operation => operation.Measured);
        return new Comparison(
            [.. later.Where(operation => earlier.Contains(operation.Key))
                .Select(operation => new OperationComparison(earlier[operation.Key].First(), operation.Value))],
            [
                .. later.Keys.Where(name => !earlier.Contains(name)).Select(name => $"{name} has calls only now."),
                .. earlier.Select(operation => operation.Key).Where(name => !later.ContainsKey(name)).Select(name => $"{name} had calls only before."),
            ]);
    }

    /// <summary>Returns p50 and p95 of each operation and its parts before and after, and what changed by more than chance explains.</summary>
    /// <returns>Several lines.</returns>
    public string ToPlainText() => string.Join(
        Environment.NewLine,
        [
            .. Operations.SelectMany(operation => operation.Parts.Prepend(operation.Whole).Select(part => $"  {part}")
                .Prepend($"  {"",-25} {"p50 then",8} {"p50 now",8} {"",15} {"p95 then",8} {"p95 now",8}")
                .Prepend($"{operation}: {Format.Count(operation.CallsBefore, "call")} before, {operation.CallsAfter} now")
                .Append("")),
            .. OnlyOnce,
        ]).TrimEnd();

    /// <summary>Returns the comparison as JSON.</summary>
    /// <returns>One object: operations (operation, consistencyLevel, callsBefore, callsAfter, whole, parts), onlyOnce.</returns>
    public string ToJson() => ReportJson.Of(this);
}

/// <summary>How the durations of one operation changed.</summary>
public sealed class OperationComparison
{
    internal OperationComparison(MeasuredOperation before, MeasuredOperation after)
    {
        (Name, ConsistencyLevel, CallsBefore, CallsAfter) = (after.Operation, after.ConsistencyLevel, before.Calls.Length, after.Calls.Length);
        Whole = PartComparison.Of("the whole call", before.Calls, after.Calls);
        Parts = [.. before.Parts.Keys.Union(after.Parts.Keys)
            .Select(part => PartComparison.Of(
                Printable.Of(part), before.Parts.GetValueOrDefault(part) ?? new long[CallsBefore], after.Parts.GetValueOrDefault(part) ?? new long[CallsAfter]))
            .OrderByDescending(part => (part.P50After - part.P50Before).Duration())];
    }

    /// <summary>The operation in snake case, as in <c>db.operation.name</c>.</summary>
    public string Name { get; }

    /// <summary>The consistency level that the calls requested; null if the spans do not name it.</summary>
    public string? ConsistencyLevel { get; }

    /// <summary>The number of calls in the baseline.</summary>
    public int CallsBefore { get; }

    /// <summary>The number of calls compared with it.</summary>
    public int CallsAfter { get; }

    /// <summary>The duration of the calls.</summary>
    public PartComparison Whole { get; }

    /// <summary>The parts of the calls, that whose median changed most first.</summary>
    public IReadOnlyList<PartComparison> Parts { get; }

    /// <summary>Returns the operation's name and consistency level.</summary>
    /// <returns>Such as <c>search, Strong</c>.</returns>
    public override string ToString() => ConsistencyLevel is null ? Name : $"{Name}, {ConsistencyLevel}";

    /// <summary>Whether the calls are slower than before by more than a fraction of the median, and by more than chance explains.</summary>
    /// <param name="fraction">The growth of the median that is allowed: 0.2 for 20 %.</param>
    /// <returns>Whether they are.</returns>
    public bool IsSlowerBy(double fraction) => Whole.Change == Change.Slower && Whole.P50After > Whole.P50Before * (1 + fraction);
}

/// <summary>How one part of an operation changed, or the whole.</summary>
/// <param name="Name">The part, as in <see cref="PartExplanation.Name"/>.</param>
/// <param name="P50Before">The median before.</param>
/// <param name="P50After">The median after.</param>
/// <param name="P95Before">The 95th percentile before.</param>
/// <param name="P95After">The 95th percentile after.</param>
/// <param name="Change">Whether the difference is more than chance explains, by a rank test over all calls.</param>
public sealed record PartComparison(string Name, TimeSpan P50Before, TimeSpan P50After, TimeSpan P95Before, TimeSpan P95After, Change Change)
{
    /// <summary>Returns the part in columns: p50 before, after and growth, what a rank test over all calls says, and the same of p95.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        $"{Name,-25} {Format.Duration(P50Before),8} {Format.Duration(P50After),8} {Growth(P50Before, P50After),7} {Text,-7} "
            + $"{Format.Duration(P95Before),8} {Format.Duration(P95After),8} {Growth(P95Before, P95After),7}";

    internal static PartComparison Of(string name, long[] before, long[] after) => new(
        name, Percentile.P50(before), Percentile.P50(after), Percentile.P95(before), Percentile.P95(after), RankTest.Compare(before, after));

    private string Text => Change switch { Change.TooFewCalls => "too few", Change.Noise => "noise", Change.Faster => "faster", _ => "slower" };

    private static string Growth(TimeSpan before, TimeSpan after) =>
        before > TimeSpan.Zero ? ((after / before) - 1).ToString("+0 %;-0 %;0 %", CultureInfo.InvariantCulture) : "";
}
