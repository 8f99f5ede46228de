namespace MilvusTracing.Verification;

/// <summary>How one operation's time divides into parts: each moment belongs to the span that began last among those that ran, so that the parts make up the whole and overlaps count once.</summary>
internal sealed record TimeBreakdown(string TraceId, MilvusOperation Operation, TimeSpan[] Times, IReadOnlyList<string> CoordinatorCalls, int ClientCalls, bool HasServerSpan)
{
    public static TimeBreakdown Of(string traceId, TraceGraph graph, MilvusOperation operation)
    {
        var (start, end) = (operation.Span.Start, operation.Span.End);
        var times = new TimeSpan[Enum.GetValues<Part>().Length];
        var running = new List<(DateTimeOffset Start, DateTimeOffset End, int Depth, Part Part)>();
        var coordinatorCalls = new List<string>();
        var (clientCalls, hasServerSpan) = (0, false);
        var visited = new HashSet<int>();
        var stack = new Stack<(int Index, int Depth, TimeSpan Shift, Part? Above)>([(operation.Index, 0, TimeSpan.Zero, null)]);
        while (stack.TryPop(out var at))
        {
            if (!visited.Add(at.Index))
            {
                continue;
            }

            var span = graph.Spans[at.Index];
            var shift = at.Depth == 0 ? TimeSpan.Zero : at.Shift + ClockShift(graph, at.Index);
            var part = Parts.Of(graph, at.Index, at.Above);
            var (from, to) = (Max(span.Start + shift, start), Min(span.End + shift, end));
            if (from < to)
            {
                running.Add((from, to, at.Depth, part));
            }

            clientCalls += SpanClassifier.IsGrpcCall(span) ? 1 : 0;
            hasServerSpan |= SpanClassifier.IsServerSpan(span);
            if (SpanClassifier.IsInternalCall(span) && SpanClassifier.Role(span).EndsWith("coord", StringComparison.Ordinal))
            {
                coordinatorCalls.Add(SpanClassifier.ShortName(span.Name));
            }

            foreach (var child in graph.Children(at.Index))
            {
                stack.Push((child, at.Depth + 1, shift, part));
            }
        }

        Divide(running, times);
        return new TimeBreakdown(traceId, operation, times, coordinatorCalls, clientCalls, hasServerSpan);
    }

    private static void Divide(List<(DateTimeOffset Start, DateTimeOffset End, int Depth, Part Part)> spans, TimeSpan[] times)
    {
        spans.Sort((a, b) => (a.Start, a.Depth).CompareTo((b.Start, b.Depth)));
        DateTimeOffset[] moments = [.. spans.SelectMany(span => new[] { span.Start, span.End }).Distinct().Order()];
        var running = new PriorityQueue<int, int>();
        var next = 0;
        for (var m = 0; m < moments.Length - 1; m++)
        {
            while (next < spans.Count && spans[next].Start <= moments[m])
            {
                running.Enqueue(next, -next);
                next++;
            }

            while (running.TryPeek(out var ended, out _) && spans[ended].End <= moments[m])
            {
                running.Dequeue();
            }

            if (running.TryPeek(out var innermost, out _))
            {
                times[(int)spans[innermost].Part] += moments[m + 1] - moments[m];
            }
        }
    }

    /// <summary>Puts an answer that another clock timed into the middle of its call.</summary>
    private static TimeSpan ClockShift(TraceGraph graph, int i) =>
        ClockRules.Difference(graph, i) is { } difference
        && graph.Spans[graph.Parents[i]] is var call
        && (graph.Spans[i].Start < call.Start || graph.Spans[i].Start > call.End)
            ? -difference
            : TimeSpan.Zero;

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
