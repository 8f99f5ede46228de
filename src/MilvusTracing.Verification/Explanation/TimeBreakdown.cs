namespace MilvusTracing.Verification;

/// <summary>What time was spent on, in which process of Milvus, and in which span.</summary>
/// <param name="Part">One of <see cref="Verification.Part"/>.</param>
/// <param name="Node">The process, such as <c>querynode 7</c>; for a network part the called one; null outside Milvus.</param>
/// <param name="Span">The span's name.</param>
internal readonly record struct Slice(string Part, string? Node, string Span);

/// <summary>
/// Divides the time of one operation into parts. Each moment counts for the span that started last among those running, so the parts add
/// up to the whole and overlapping spans count once.
/// </summary>
internal sealed record TimeBreakdown(
    string TraceId,
    MilvusOperation Operation,
    IReadOnlyDictionary<Slice, TimeSpan> Slices,
    IReadOnlyList<(string? Node, TimeSpan Duration)> Segments, // Each search or query of one segment.
    IReadOnlyList<string> CoordinatorCalls,
    int ClientCalls,
    bool HasServerSpan,
    IReadOnlyCollection<string> UnansweredCalls) // Between roles, without a span of the called one.
{
    private const string NodeIdKey = "NodeID";

    public TimeSpan Duration => Operation.Span.Duration;

    public static TimeBreakdown Of(string traceId, MilvusOperation operation)
    {
        var (start, end) = (operation.Span.Start, operation.Span.End);
        var intervals = new List<Interval>();
        var segments = new List<(string?, TimeSpan)>();
        var coordinatorCalls = new List<string>();
        var unansweredCalls = new HashSet<string>();
        var (clientCalls, hasServerSpan) = (0, false);
        var visited = new HashSet<SpanNode>();
        var stack = new Stack<Visit>([new Visit(operation.Node, 0, TimeSpan.Zero, null, null, false)]);
        while (stack.TryPop(out var visit))
        {
            if (!visited.Add(visit.Span) || SpanClassifier.IsConsumer(visit.Span.Span))
            {
                continue;
            }

            var span = visit.Span.Span;
            var shift = visit.Depth == 0 ? TimeSpan.Zero : visit.Shift + ClockShift(visit.Span);
            var part = Part.Of(visit.Span, visit.Part);
            var node = NodeOf(span, visit.Node);

            // A search that queries reads the rows that it found again.
            var isRequery = visit.IsRequery || (operation.IsSearch && span.Name == "RetrieveTask");
            var (from, to) = (span.Start + shift > start ? span.Start + shift : start, span.End + shift < end ? span.End + shift : end);
            if (from < to)
            {
                var shown = isRequery && part is not (Part.Scheduler or Part.TimeTick) ? Part.Requery : part;
                intervals.Add(new Interval(from, to, visit.Depth, new Slice(shown, Called(visit.Span) ?? node, span.Name)));
            }

            clientCalls += SpanClassifier.IsRemoteCall(visit.Span) ? 1 : 0;
            hasServerSpan |= SpanClassifier.IsServerSpan(span) || SpanClassifier.IsRestServerSpan(span);
            if (SpanClassifier.IsUnanswered(visit.Span))
            {
                unansweredCalls.Add(SpanClassifier.ShortName(span.Name));
            }

            if (span.Name is "SegCoreSearch" or "SegCoreRetrieve")
            {
                segments.Add((node, span.Duration));
            }

            if (SpanClassifier.IsInternalCall(span) && SpanClassifier.Role(span).EndsWith("coord", StringComparison.Ordinal))
            {
                coordinatorCalls.Add(SpanClassifier.ShortName(span.Name));
            }

            foreach (var child in visit.Span.Children)
            {
                stack.Push(new Visit(child, visit.Depth + 1, shift, part, node, isRequery));
            }
        }

        return new TimeBreakdown(traceId, operation, Divide(intervals), segments, coordinatorCalls, clientCalls, hasServerSpan, unansweredCalls);
    }

    public TimeSpan TimeIn(string part) => Slices.Where(slice => slice.Key.Part == part).Aggregate(TimeSpan.Zero, (sum, slice) => sum + slice.Value);

    private static Dictionary<Slice, TimeSpan> Divide(List<Interval> intervals)
    {
        var times = new Dictionary<Slice, TimeSpan>();
        intervals.Sort((a, b) => (a.Start, a.Depth).CompareTo((b.Start, b.Depth)));
        DateTimeOffset[] moments = [.. intervals.Select(interval => interval.Start), .. intervals.Select(interval => interval.End)];
        Array.Sort(moments);
        var running = new PriorityQueue<Interval, int>();
        var next = 0;
        for (var moment = 1; moment < moments.Length; moment++)
        {
            var (from, to) = (moments[moment - 1], moments[moment]);
            if (from == to)
            {
                continue;
            }

            for (; next < intervals.Count && intervals[next].Start <= from; next++)
            {
                running.Enqueue(intervals[next], -next);
            }

            while (running.TryPeek(out var last, out _) && last.End <= from)
            {
                running.Dequeue();
            }

            if (running.TryPeek(out var latest, out _))
            {
                times[latest.Slice] = times.GetValueOrDefault(latest.Slice) + (to - from);
            }
        }

        return times;
    }

    /// <summary>The process of Milvus that a span belongs to; null outside Milvus. The C++ core is part of its caller.</summary>
    private static string? NodeOf(Span span, string? parent) =>
        SpanClassifier.IsOfSegcore(span) && parent is not null ? parent
        : parent is null && !SpanClassifier.IsServerSpan(span) && !SpanClassifier.IsRestServerSpan(span) && !SpanClassifier.IsOfSegcore(span) ? null
        : span.Attributes.GetValueOrDefault(NodeIdKey) is { } id ? $"{span.Service} {Printable.Of(id, maxLength: 20)}"
        : span.Service;

    /// <summary>The process that a role calls; null for other spans. Its own time passes between the two.</summary>
    private static string? Called(SpanNode node) => !SpanClassifier.IsInternalCall(node.Span) ? null
        : node.Children.FirstOrDefault(child => SpanClassifier.IsServerSpan(child.Span)) is { } server ? NodeOf(server.Span, parent: null)
        : SpanClassifier.Role(node.Span);

    /// <summary>Moves a server span that another clock measured into the middle of its client span.</summary>
    private static TimeSpan ClockShift(SpanNode node) =>
        ClockRules.Offset(node) is { } offset && (node.Span.Start < node.Parent!.Span.Start || node.Span.Start > node.Parent.Span.End) ? -offset : TimeSpan.Zero;

    private sealed record Interval(DateTimeOffset Start, DateTimeOffset End, int Depth, Slice Slice);

    /// <summary>A span to visit, and what its parent passes on.</summary>
    private readonly record struct Visit(SpanNode Span, int Depth, TimeSpan Shift, string? Part, string? Node, bool IsRequery);
}
