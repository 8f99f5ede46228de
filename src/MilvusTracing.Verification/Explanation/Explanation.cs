namespace MilvusTracing.Verification;

/// <summary>How the time of Milvus's operations divides into parts.</summary>
public sealed class Explanation
{
    internal Explanation(IReadOnlyList<TraceData> traces, string? operation, bool slowest, IReadOnlyList<Cause> failures)
    {
        Operation = operation;
        Traces = traces.Count;
        Failures = failures;
        var groups = traces
            .SelectMany(trace => MilvusOperation.In(trace).Select(call => (trace.Id, Call: call)))
            .Where(found => operation is null || found.Call.Name == operation)
            .GroupBy(found => (found.Call.Name, found.Call.ConsistencyLevel), found => TimeBreakdown.Of(found.Id, found.Call))
            .Select(group => group.OrderBy(call => call.Duration).ToList());
        Operations = slowest
            ? [.. groups.OrderByDescending(calls => calls[^1].Duration).Take(1).Select(calls => new OperationExplanation([calls[^1]], CallDifference.Of(calls)))]
            : [.. groups.Select(calls => new OperationExplanation(calls)).OrderByDescending(explained => explained.Total)];
    }

    /// <summary>The only operation that is explained; null for all.</summary>
    internal string? Operation { get; }

    /// <summary>The number of traces that were read.</summary>
    public int Traces { get; }

    /// <summary>The operations, one entry per name and consistency level, the one with the longest total time first.</summary>
    public IReadOnlyList<OperationExplanation> Operations { get; }

    /// <summary>Why backends could not be read; empty if all could.</summary>
    public IReadOnlyList<Cause> Failures { get; }

    /// <summary>Explains the operations in traces.</summary>
    /// <param name="traces">The traces.</param>
    /// <param name="operation">The operation to explain, as in <c>db.operation.name</c>; null for all.</param>
    /// <param name="slowest">Whether to explain only the slowest call, compared with the median one of its operation.</param>
    /// <returns>The explanation.</returns>
    /// <example><code>Console.WriteLine(Explanation.Of([trace], operation: "search").ToPlainText());</code></example>
    public static Explanation Of(IReadOnlyList<TraceData> traces, string? operation = null, bool slowest = false) =>
        new(traces, operation, slowest, []);

    /// <summary>Returns why <see cref="Operations"/> is empty.</summary>
    /// <returns>One sentence; null if there are operations, or if <see cref="Failures"/> is the reason.</returns>
    public string? ToRemark() =>
        Operations.Count > 0 || (Traces == 0 && Failures.Count > 0) ? null
        : Traces == 0 ? "No trace was found."
        : $"{(Traces == 1 ? "The trace has" : $"The {Traces} traces have")} no {(Operation is null ? "call" : $"operation '{Printable.Of(Operation)}'")} of Milvus.";

    /// <summary>Returns the parts of each operation and the advice as plain text.</summary>
    /// <returns>Several lines.</returns>
    public string ToPlainText() => ExplanationText.PlainText(this);

    /// <summary>Returns the parts of each operation and the advice as Markdown. Names of spans are escaped.</summary>
    /// <param name="jaeger">The address of Jaeger's UI, for links to the slowest traces; null for no links.</param>
    /// <param name="dashboard">The address of the Aspire dashboard, for links to the slowest traces; null for no links.</param>
    /// <returns>Several paragraphs.</returns>
    public string ToMarkdown(Uri? jaeger = null, Uri? dashboard = null) => ExplanationText.Markdown(this, jaeger, dashboard);

    /// <summary>Returns the explanation as JSON.</summary>
    /// <returns>One object: traces, operations (operation, consistencyLevel, calls, p50Ms, p95Ms, slowestTraceId, parts, advice), causes.</returns>
    public string ToJson() => ReportJson.Of(this);
}

/// <summary>How the time of one operation divides into parts, over all its calls.</summary>
public sealed class OperationExplanation
{
    /// <param name="calls">The calls by duration, at least one.</param>
    /// <param name="difference">What the call did differently, if it is the slowest of several.</param>
    internal OperationExplanation(IReadOnlyList<TimeBreakdown> calls, CallDifference? difference = null)
    {
        var slowest = calls[^1];
        SlowestTraceId = slowest.TraceId;
        Difference = difference;
        Measured = MeasuredOperation.Of(calls);
        (P50, P95) = (Percentile.P50(Measured.Calls), Percentile.P95(Measured.Calls));
        Parts = [.. from part in Measured.Parts
                    let share = part.Value.Sum(time => (double)time) / Total
                    orderby share descending
                    select new PartExplanation(part.Key, share, Percentile.P50(part.Value), Percentile.P95(part.Value))];
        Nodes = [.. from segment in slowest.Segments
                    where segment.Node is not null
                    group segment.Duration by segment.Node into segments
                    orderby segments.Max() descending
                    select new NodeExplanation(segments.Key, segments.Count(), segments.Max())];
        Advice = [.. Verification.Advice.For(calls, Parts)];
    }

    /// <summary>The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</summary>
    public string Name => Measured.Operation;

    /// <summary>The consistency level that the calls requested; null if the spans do not name it.</summary>
    public string? ConsistencyLevel => Measured.ConsistencyLevel;

    /// <summary>The number of calls.</summary>
    public int Calls => Measured.Calls.Length;

    /// <summary>The median duration of the calls, measured at the client.</summary>
    public TimeSpan P50 { get; }

    /// <summary>The 95th percentile of the duration of the calls.</summary>
    public TimeSpan P95 { get; }

    /// <summary>The id of the trace with the slowest call.</summary>
    public string SlowestTraceId { get; }

    /// <summary>The parts of the time, the largest first. Their shares add up to 1.</summary>
    public IReadOnlyList<PartExplanation> Parts { get; }

    /// <summary>The processes that searched segments in the slowest call, that with the slowest segment first; empty if no span shows it.</summary>
    public IReadOnlyList<NodeExplanation> Nodes { get; }

    /// <summary>What the slowest call did differently from the median one; null unless only the slowest of several was explained.</summary>
    public CallDifference? Difference { get; }

    /// <summary>
    /// What to change to reduce the parts with 30 % of the time or more: for each its share, the spans that are the evidence, and how much
    /// time the change can save at most. Empty if the trace has no evidence for any change.
    /// </summary>
    public IReadOnlyList<string> Advice { get; }

    /// <summary>The durations of all calls and parts.</summary>
    internal MeasuredOperation Measured { get; }

    internal double Total => Measured.Calls.Sum(time => (double)time);

    /// <summary>Returns the operation's name, number of calls, duration and trace id.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Calls > 1
        ? $"{Measured}: {Calls} calls, p50 {Format.Duration(P50)}, p95 {Format.Duration(P95)}, slowest trace {SlowestTraceId}"
        : $"{Measured}: {Format.Duration(P50)}, trace {SlowestTraceId}"
            + (Difference is { } median ? $"; the median call: {Format.Duration(median.Median)}, trace {median.MedianTraceId}" : "");

    /// <summary>
    /// Returns the parts as text in columns: name, median, 95th percentile of several calls or the median call's time beside the slowest
    /// one's, and share.
    /// </summary>
    /// <returns>One line per part, all equally long.</returns>
    public IReadOnlyList<string> ToRows() =>
        [.. Parts.Select(part => FormattableString.Invariant(
            $"{part.Name,-26} {Format.Duration(part.P50),8} {SecondColumn(part)}{100 * part.Share,5:0.0} %"))];

    private string SecondColumn(PartExplanation part) =>
        Calls > 1 ? $"{Format.Duration(part.P95),8} "
        : Difference is { } difference ? $"{Format.Duration(difference.Parts.FirstOrDefault(median => median.Part == part.Name)?.Median ?? default),8} "
        : "";
}

/// <summary>One part of an operation's time.</summary>
/// <param name="Name">What the time was spent on, such as <c>segcore: scalar filter</c> or <c>waiting for the time tick</c>.</param>
/// <param name="Share">Its share of the time of all calls, 0 to 1.</param>
/// <param name="P50">The median over the calls.</param>
/// <param name="P95">The 95th percentile over the calls.</param>
public sealed record PartExplanation(string Name, double Share, TimeSpan P50, TimeSpan P95);

/// <summary>A process of Milvus that searched segments.</summary>
/// <param name="Name">Its role and Milvus's id of it: <c>querynode 7</c>; only the role if the spans have no <c>NodeID</c>.</param>
/// <param name="Segments">How many segments it searched.</param>
/// <param name="SlowestSegment">How long the slowest one took.</param>
public sealed record NodeExplanation(string Name, int Segments, TimeSpan SlowestSegment)
{
    /// <summary>Returns the process, its number of segments and the slowest one's duration.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Segments == 1
        ? $"{Name}: 1 segment in {Format.Duration(SlowestSegment)}"
        : $"{Name}: {Segments} segments, the slowest in {Format.Duration(SlowestSegment)}";
}
