namespace MilvusTracing.Verification;

/// <summary>
/// Divides the time of one operation into parts. Each moment counts for the span that started last among those running, so the parts add
/// up to the whole and overlapping spans count once.
/// </summary>
internal sealed record TimeBreakdown(
    string TraceId, MilvusOperation Operation, Dictionary<string, TimeSpan> Times, IReadOnlyList<string> CoordinatorCalls, int ClientCalls, bool HasServerSpan)
{
    public static TimeBreakdown Of(string traceId, MilvusOperation operation)
    {
        var (start, end) = (operation.Span.Start, operation.Span.End);
        var intervals = new List<Interval>();
        var coordinatorCalls = new List<string>();
        var (clientCalls, hasServerSpan) = (0, false);
        var visited = new HashSet<SpanNode>();
        var stack = new Stack<(SpanNode Node, int Depth, TimeSpan Shift, string? Parent)>([(operation.Node, 0, TimeSpan.Zero, null)]);
        while (stack.TryPop(out var item))
        {
            if (!visited.Add(item.Node) || SpanClassifier.IsConsumer(item.Node.Span))
            {
                continue;
            }

            var span = item.Node.Span;
            var shift = item.Depth == 0 ? TimeSpan.Zero : item.Shift + ClockShift(item.Node);
            var part = Part.Of(item.Node, item.Parent);
            var (from, to) = (span.Start + shift > start ? span.Start + shift : start, span.End + shift < end ? span.End + shift : end);
            if (from < to)
            {
                intervals.Add(new Interval(from, to, item.Depth, part));
            }

            clientCalls += SpanClassifier.IsRemoteCall(item.Node) ? 1 : 0;
            hasServerSpan |= SpanClassifier.IsServerSpan(span) || SpanClassifier.IsRestServerSpan(span);
            if (SpanClassifier.IsInternalCall(span) && SpanClassifier.Role(span).EndsWith("coord", StringComparison.Ordinal))
            {
                coordinatorCalls.Add(SpanClassifier.ShortName(span.Name));
            }

            foreach (var child in item.Node.Children)
            {
                stack.Push((child, item.Depth + 1, shift, part));
            }
        }

        return new TimeBreakdown(traceId, operation, Divide(intervals), coordinatorCalls, clientCalls, hasServerSpan);
    }

    private static Dictionary<string, TimeSpan> Divide(List<Interval> intervals)
    {
        var times = new Dictionary<string, TimeSpan>();
        intervals.Sort((a, b) => (a.Start, a.Depth).CompareTo((b.Start, b.Depth)));
        DateTimeOffset[] moments = [.. intervals.SelectMany(interval => new[] { interval.Start, interval.End }).Distinct().Order()];
        var running = new PriorityQueue<Interval, int>();
        var next = 0;
        foreach (var (from, to) in moments.Zip(moments.Skip(1)))
        {
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
                times[latest.Part] = times.GetValueOrDefault(latest.Part) + (to - from);
            }
        }

        return times;
    }

    /// <summary>Moves a server span that another clock measured into the middle of its client span.</summary>
    private static TimeSpan ClockShift(SpanNode node) =>
        ClockRules.Offset(node) is { } offset && (node.Span.Start < node.Parent!.Span.Start || node.Span.Start > node.Parent.Span.End) ? -offset : TimeSpan.Zero;

    private sealed record Interval(DateTimeOffset Start, DateTimeOffset End, int Depth, string Part);
}
