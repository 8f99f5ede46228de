namespace MilvusTracing.Verification;

/// <summary>Where the time of Milvus's operations went.</summary>
public sealed class Explanation
{
    internal Explanation(int traces, IReadOnlyList<TimeBreakdown> breakdowns, IReadOnlyList<Cause> failures)
    {
        Traces = traces;
        Failures = failures;
        Operations = [.. breakdowns
            .GroupBy(breakdown => (breakdown.Operation.Name, breakdown.Operation.ConsistencyLevel))
            .Select(group => new OperationExplanation([.. group]))
            .OrderByDescending(operation => operation.Total)];
    }

    /// <summary>How many traces were read.</summary>
    public int Traces { get; }

    /// <summary>The operations, the one that took most of the time first; those of different consistency levels apart.</summary>
    public IReadOnlyList<OperationExplanation> Operations { get; }

    /// <summary>Why backends could not be asked; empty where all could.</summary>
    public IReadOnlyList<Cause> Failures { get; }

    /// <summary>Divides the time of the operations in traces.</summary>
    /// <param name="traces">The traces.</param>
    /// <param name="operation">The only operation of interest, as in <c>db.operation.name</c>; null for all.</param>
    /// <param name="slowest">Whether to look at the one slowest call alone.</param>
    /// <returns>The explanation.</returns>
    /// <example><code>Console.WriteLine(Explanation.Of([trace], operation: "search").ToPlainText());</code></example>
    public static Explanation Of(IReadOnlyList<TraceData> traces, string? operation = null, bool slowest = false) => Of(traces, operation, slowest, []);

    /// <summary>A line for each part of each operation, and what to do about the largest.</summary>
    /// <returns>Plain text of several lines.</returns>
    public string ToPlainText() => ExplanationText.PlainText(this);

    /// <summary>The same as Markdown; whatever the spans are called, it makes no markup of its own.</summary>
    /// <param name="jaeger">Jaeger's pages, for a link to the slowest trace; null for none.</param>
    /// <returns>Markdown of several paragraphs.</returns>
    public string ToMarkdown(Uri? jaeger = null) => ExplanationText.Markdown(this, jaeger);

    /// <summary>The same for programs.</summary>
    /// <returns>One JSON object: traces, operations (operation, consistencyLevel, calls, p50Ms, p95Ms, slowestTraceId, parts, advice), causes.</returns>
    public string ToJson() => ReportJson.Of(this);

    internal static Explanation Of(IReadOnlyList<TraceData> traces, string? operation, bool slowest, IReadOnlyList<Cause> failures)
    {
        var found =
            from trace in traces
            let graph = new TraceGraph(trace)
            from call in MilvusOperation.In(graph)
            where operation is null || call.Name == operation
            select (trace.Id, Graph: graph, Call: call);
        var calls = slowest
            ? found.OrderByDescending(call => call.Call.Span.Duration).Take(1)
            : found;
        return new Explanation(traces.Count, [.. calls.Select(call => TimeBreakdown.Of(call.Id, call.Graph, call.Call))], failures);
    }
}

/// <summary>Where the time of one operation went, over all of its calls.</summary>
public sealed class OperationExplanation
{
    internal OperationExplanation(IReadOnlyList<TimeBreakdown> calls)
    {
        var first = calls[0].Operation;
        Name = first.Name;
        ConsistencyLevel = first.ConsistencyLevel;
        Calls = calls.Count;
        Total = calls.Aggregate(TimeSpan.Zero, (sum, call) => sum + call.Operation.Span.Duration);
        (P50, P95) = Percentiles(calls.Select(call => call.Operation.Span.Duration));
        SlowestTraceId = calls.MaxBy(call => call.Operation.Span.Duration)!.TraceId;
        var parts = Enum.GetValues<Part>()
            .Select(part => (Part: part, Time: calls.Aggregate(TimeSpan.Zero, (sum, call) => sum + call.Times[(int)part]), Percentiles: Percentiles(calls.Select(call => call.Times[(int)part]))))
            .Where(part => part.Time > TimeSpan.Zero)
            .OrderByDescending(part => part.Time)
            .ToList();
        Parts = [.. parts.Select(part => new PartExplanation(Verification.Parts.Name(part.Part), part.Time / Total, part.Percentiles.P50, part.Percentiles.P95))];
        Advice = parts.Count == 0 ? [] : [.. Verification.Advice.For(calls, parts[0].Part, parts[0].Time / Total, parts[0].Percentiles.P50)];
    }

    /// <summary>The operation in the snake case of <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</summary>
    public string Name { get; }

    /// <summary>The consistency level that the calls asked for; null where the spans do not tell.</summary>
    public string? ConsistencyLevel { get; }

    /// <summary>How many calls there were.</summary>
    public int Calls { get; }

    /// <summary>Half of the calls took no longer than this, seen from the client.</summary>
    public TimeSpan P50 { get; }

    /// <summary>95 of 100 calls took no longer than this.</summary>
    public TimeSpan P95 { get; }

    /// <summary>The trace with the slowest call.</summary>
    public string SlowestTraceId { get; }

    /// <summary>The parts of the time, the largest first; their shares make up the whole.</summary>
    public IReadOnlyList<PartExplanation> Parts { get; }

    /// <summary>What to do about the largest part; empty where there is no evidence for any.</summary>
    public IReadOnlyList<string> Advice { get; }

    internal TimeSpan Total { get; }

    /// <summary>By the nearest rank: values that occurred.</summary>
    private static (TimeSpan P50, TimeSpan P95) Percentiles(IEnumerable<TimeSpan> values)
    {
        TimeSpan[] sorted = [.. values.Order()];
        return (sorted[(int)Math.Ceiling(0.5 * sorted.Length) - 1], sorted[(int)Math.Ceiling(0.95 * sorted.Length) - 1]);
    }
}

/// <summary>One part of an operation's time.</summary>
/// <param name="Name">What it was spent on, such as <c>segcore</c> or <c>waiting for the time tick</c>.</param>
/// <param name="Share">Its share of the time of all calls, 0 to 1.</param>
/// <param name="P50">Half of the calls spent no longer on it.</param>
/// <param name="P95">95 of 100 calls spent no longer on it.</param>
public sealed record PartExplanation(string Name, double Share, TimeSpan P50, TimeSpan P95);
