namespace MilvusTracing.Verification;

/// <summary>How the time of Milvus's operations divides into parts.</summary>
public sealed class Explanation
{
    internal Explanation(IReadOnlyList<TraceData> traces, string? operation, bool slowest, IReadOnlyList<Cause> failures)
    {
        var calls = traces
            .SelectMany(trace => MilvusOperation.In(trace).Select(call => (trace.Id, Call: call)))
            .Where(found => operation is null || found.Call.Name == operation);
        Traces = traces.Count;
        Failures = failures;
        Operations = [.. (slowest ? calls.OrderByDescending(found => found.Call.Span.Duration).Take(1) : calls)
            .Select(found => TimeBreakdown.Of(found.Id, found.Call))
            .GroupBy(breakdown => (breakdown.Operation.Name, breakdown.Operation.ConsistencyLevel))
            .Select(group => new OperationExplanation([.. group]))
            .OrderByDescending(explained => explained.Total)];
    }

    /// <summary>The number of traces that were read.</summary>
    public int Traces { get; }

    /// <summary>The operations, one entry per name and consistency level, the one with the longest total time first.</summary>
    public IReadOnlyList<OperationExplanation> Operations { get; }

    /// <summary>Why backends could not be read; empty if all could.</summary>
    public IReadOnlyList<Cause> Failures { get; }

    /// <summary>Explains the operations in traces.</summary>
    /// <param name="traces">The traces.</param>
    /// <param name="operation">The operation to explain, as in <c>db.operation.name</c>; null for all.</param>
    /// <param name="slowest">Whether to explain only the slowest call.</param>
    /// <returns>The explanation.</returns>
    /// <example><code>Console.WriteLine(Explanation.Of([trace], operation: "search").ToPlainText());</code></example>
    public static Explanation Of(IReadOnlyList<TraceData> traces, string? operation = null, bool slowest = false) =>
        new(traces, operation, slowest, []);

    /// <summary>Returns why <see cref="Operations"/> is empty.</summary>
    /// <returns>One sentence; null if there are operations, or if <see cref="Failures"/> is the reason.</returns>
    public string? ToRemark() =>
        Operations.Count > 0 || (Traces == 0 && Failures.Count > 0) ? null
        : Traces == 0 ? "No trace was found."
        : $"{(Traces == 1 ? "The trace has" : $"The {Traces} traces have")} no such operation of Milvus.";

    /// <summary>Returns the parts of each operation and the advice as plain text.</summary>
    /// <returns>Several lines.</returns>
    public string ToPlainText() => ExplanationText.PlainText(this);

    /// <summary>Returns the parts of each operation and the advice as Markdown. Names of spans are escaped.</summary>
    /// <param name="jaeger">The address of Jaeger's UI, for links to the slowest traces; null for no links.</param>
    /// <returns>Several paragraphs.</returns>
    public string ToMarkdown(Uri? jaeger = null) => ExplanationText.Markdown(this, jaeger);

    /// <summary>Returns the explanation as JSON.</summary>
    /// <returns>One object: traces, operations (operation, consistencyLevel, calls, p50Ms, p95Ms, slowestTraceId, parts, advice), causes.</returns>
    public string ToJson() => ReportJson.Of(this);
}

/// <summary>How the time of one operation divides into parts, over all its calls.</summary>
public sealed class OperationExplanation
{
    internal OperationExplanation(IReadOnlyList<TimeBreakdown> calls)
    {
        var slowest = calls.MaxBy(call => call.Operation.Span.Duration)!;
        Name = slowest.Operation.Name;
        ConsistencyLevel = slowest.Operation.ConsistencyLevel;
        SlowestTraceId = slowest.TraceId;
        Calls = calls.Count;
        Total = Sum(calls.Select(call => call.Operation.Span.Duration));
        (P50, P95) = Percentiles(calls.Select(call => call.Operation.Span.Duration));
        Parts = [.. from name in calls.SelectMany(call => call.Times.Keys).Distinct()
                    let times = calls.Select(call => call.Times.GetValueOrDefault(name)).ToList()
                    let percentiles = Percentiles(times)
                    let share = Sum(times) / Total
                    orderby share descending
                    select new PartExplanation(name, share, percentiles.P50, percentiles.P95)];
        Advice = Parts.Count == 0 ? [] : [.. Verification.Advice.For(calls, Parts[0])];
    }

    /// <summary>The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</summary>
    public string Name { get; }

    /// <summary>The consistency level that the calls requested; null if the spans do not name it.</summary>
    public string? ConsistencyLevel { get; }

    /// <summary>The number of calls.</summary>
    public int Calls { get; }

    /// <summary>The median duration of the calls, measured at the client.</summary>
    public TimeSpan P50 { get; }

    /// <summary>The 95th percentile of the duration of the calls.</summary>
    public TimeSpan P95 { get; }

    /// <summary>The id of the trace with the slowest call.</summary>
    public string SlowestTraceId { get; }

    /// <summary>The parts of the time, the largest first. Their shares add up to 1.</summary>
    public IReadOnlyList<PartExplanation> Parts { get; }

    /// <summary>What to change to reduce the largest part; empty if the trace has no evidence for any change.</summary>
    public IReadOnlyList<string> Advice { get; }

    internal TimeSpan Total { get; }

    /// <summary>Returns the operation's name, number of calls, duration and trace id.</summary>
    /// <returns>One line.</returns>
    public override string ToString()
    {
        var name = ConsistencyLevel is null ? Name : $"{Name}, {ConsistencyLevel}";
        return Calls == 1
            ? $"{name}: {Format.Duration(P50)}, trace {SlowestTraceId}"
            : $"{name}: {Calls} calls, p50 {Format.Duration(P50)}, p95 {Format.Duration(P95)}, slowest trace {SlowestTraceId}";
    }

    /// <summary>Returns the parts as text in columns: name, median, 95th percentile of several calls, and share.</summary>
    /// <returns>One line per part, all equally long.</returns>
    public IReadOnlyList<string> ToRows() =>
        [.. Parts.Select(part => FormattableString.Invariant(
            $"{part.Name,-26} {Format.Duration(part.P50),8} {(Calls == 1 ? "" : $"{Format.Duration(part.P95),8} ")}{100 * part.Share,5:0.0} %"))];

    private static TimeSpan Sum(IEnumerable<TimeSpan> values) => values.Aggregate(TimeSpan.Zero, (sum, value) => sum + value);

    /// <summary>Percentiles by nearest rank: values that occurred.</summary>
    private static (TimeSpan P50, TimeSpan P95) Percentiles(IEnumerable<TimeSpan> values)
    {
        TimeSpan[] sorted = [.. values.Order()];
        return (sorted[(int)Math.Ceiling(0.5 * sorted.Length) - 1], sorted[(int)Math.Ceiling(0.95 * sorted.Length) - 1]);
    }
}

/// <summary>One part of an operation's time.</summary>
/// <param name="Name">What the time was spent on, such as <c>segcore</c> or <c>waiting for the time tick</c>.</param>
/// <param name="Share">Its share of the time of all calls, 0 to 1.</param>
/// <param name="P50">The median over the calls.</param>
/// <param name="P95">The 95th percentile over the calls.</param>
public sealed record PartExplanation(string Name, double Share, TimeSpan P50, TimeSpan P95);
