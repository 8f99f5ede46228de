namespace MilvusTracing.Verification;

/// <summary>
/// The rows of a trace's waterfall. Equal siblings are folded into one row. Of a large trace only 200 branches are shown: first those with
/// errors, orphans and missing spans, then the slowest.
/// </summary>
public sealed class Waterfall
{
    private const int MaxRows = 200;

    /// <summary>How deep <see cref="ToPlainText"/> indents.</summary>
    private const int MaxIndent = 15;

    private readonly DateTimeOffset _start;

    internal Waterfall(TraceData trace, int maxRows = MaxRows)
    {
        _start = trace.Start;
        Duration = Format.Duration(trace.End - trace.Start);
        Title = FormattableString.Invariant($"trace {trace.Id}, {trace.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC, {Duration}");
        var top = Fold(trace.Graph);
        Choose(top, maxRows);
        Rows = Order(top);
        var omitted = Rows.SelectMany(row => row.Children).Concat(top).Where(row => !row.IsShown).Sum(row => row.SpanCount);
        OmittedNote = omitted == 0 ? null : FormattableString.Invariant(
            $"{Rows.Count} of {top.Sum(row => row.BranchCount):N0} branches are shown: those with problems, then the slowest. (+n): others below a span. {omitted:N0} spans are omitted.");
    }

    /// <summary>The trace's id, start and duration, in one line.</summary>
    public string Title { get; }

    /// <summary>The duration of the trace as text.</summary>
    public string Duration { get; }

    /// <summary>The rows, parents before their children.</summary>
    public IReadOnlyList<WaterfallRow> Rows { get; }

    /// <summary>How many spans are omitted, in one line; null if none is.</summary>
    public string? OmittedNote { get; }

    /// <summary>Returns the waterfall as plain text: duration, start and name of each row.</summary>
    /// <returns>Several lines.</returns>
    public string ToPlainText() => string.Join(
        Environment.NewLine,
        [
            Title,
            .. Rows.Select(row => $"{row.Duration,9} {Format.Duration(row.Start - _start),9}  "
                + $"{new string(' ', 2 * Math.Min(row.Continues.Count, MaxIndent))}{row.Label} ({row.Span.Service})"),
            .. OmittedNote is { } note ? [note] : Array.Empty<string>(),
        ]);

    /// <summary>Builds the folded tree, children before parents. Does not recurse: a trace may be 50,000 spans deep.</summary>
    private static List<WaterfallRow> Fold(TraceGraph graph)
    {
        var top = graph.Roots.Concat(graph.Orphans).Concat(graph.CycleEntries).OrderBy(node => node.Span.Start).ToList();
        var cycleEntries = graph.CycleEntries.ToHashSet();
        var rows = new Dictionary<SpanNode, WaterfallRow>(graph.Nodes.Count);
        foreach (var node in TraceGraph.Reachable(top, []).Reverse())
        {
            rows[node] = new WaterfallRow(node, FoldSiblings(node.Children.Where(child => !cycleEntries.Contains(child)).Select(child => rows[child])));
        }

        return FoldSiblings(top.Select(node => rows[node]));
    }

    private static List<WaterfallRow> FoldSiblings(IEnumerable<WaterfallRow> siblings)
    {
        var folded = new List<WaterfallRow>(0);
        foreach (var sibling in siblings)
        {
            if (folded.Count == 0 || !folded[^1].TryFold(sibling))
            {
                folded.Add(sibling);
            }
        }

        return folded;
    }

    /// <summary>Marks the branches to show: those with problems, then the slowest. A branch is shown only if its parent is.</summary>
    private static void Choose(List<WaterfallRow> top, int maxRows)
    {
        var queue = new PriorityQueue<WaterfallRow, (bool, TimeSpan)>(top.Select(WithPriority));
        for (var shown = 0; shown < maxRows && queue.TryDequeue(out var row, out _); shown++)
        {
            row.IsShown = true;
            queue.EnqueueRange(row.Children.Select(WithPriority));
        }

        static (WaterfallRow, (bool, TimeSpan)) WithPriority(WaterfallRow row) => (row, (!row.HasProblem, -row.Span.Duration));
    }

    private static List<WaterfallRow> Order(List<WaterfallRow> top)
    {
        var rows = new List<WaterfallRow>();
        var stack = new Stack<WaterfallRow>();
        Push(top, above: null);
        while (stack.TryPop(out var row))
        {
            rows.Add(row);
            Push(row.Children, row.Continues);
        }

        return rows;

        void Push(List<WaterfallRow> siblings, IReadOnlyList<bool>? above)
        {
            var isLast = true;
            foreach (var row in Enumerable.Reverse(siblings).Where(row => row.IsShown))
            {
                row.Continues = above is null ? [] : [.. above, !isLast];
                isLast = false;
                stack.Push(row);
            }
        }
    }
}

/// <summary>One row of a waterfall: a span, or several equal siblings.</summary>
public sealed class WaterfallRow
{
    private readonly int _shape;
    private readonly bool _isOrphan;

    internal WaterfallRow(SpanNode node, List<WaterfallRow> children)
    {
        (Span, Start, End, Children, _isOrphan) = (node.Span, node.Span.Start, node.Span.End, children, node.IsOrphan);
        HasProblem = Span.IsError || _isOrphan || SpanClassifier.IsUnanswered(node) || (SpanClassifier.IsRemoteCall(node) && !SpanClassifier.IsJoined(node))
            || children.Any(child => child.HasProblem);
        SpanCount = 1 + children.Sum(child => child.SpanCount);
        BranchCount = 1 + children.Sum(child => child.BranchCount);
        var hash = new HashCode();
        hash.Add((Span.Service, Span.Name, Span.Kind, Span.IsError, _isOrphan));
        children.ForEach(child => hash.Add(child._shape));
        _shape = hash.ToHashCode();
    }

    /// <summary>The span; the slowest one of equal siblings.</summary>
    public Span Span { get; private set; }

    /// <summary>The start of the span, or of the first of equal siblings.</summary>
    public DateTimeOffset Start { get; private set; }

    /// <summary>The end of the span, or of the last of equal siblings.</summary>
    public DateTimeOffset End { get; private set; }

    /// <summary>For each level of the tree below the top, whether the branch on that level has a later sibling. The last entry is the row's own.</summary>
    public IReadOnlyList<bool> Continues { get; internal set; } = [];

    /// <summary>
    /// The name without its package, marked <c>✗</c> for an error or <c>?</c> for an orphan, with the numbers of equal siblings (<c>×6</c>)
    /// and of omitted branches below (<c>(+3)</c>).
    /// </summary>
    public string Label =>
        (Span.IsError ? "✗ " : _isOrphan ? "? " : "")
        + SpanClassifier.ShortName(Span.Name)
        + (Siblings > 1 ? $" ×{Siblings}" : "")
        + (Children.Count(child => !child.IsShown) is > 0 and var omitted ? $" (+{omitted})" : "");

    /// <summary>The duration as text, with <c>≤</c> if it is the longest of equal siblings.</summary>
    public string Duration => (Siblings > 1 ? "≤" : "") + Format.Duration(Span.Duration);

    internal List<WaterfallRow> Children { get; private set; }

    internal bool IsShown { get; set; }

    /// <summary>Whether this span or one below it failed, is an orphan, or is a call without a span of the called service.</summary>
    internal bool HasProblem { get; }

    /// <summary>All spans in this row and below it, including folded ones.</summary>
    internal int SpanCount { get; private set; }

    /// <summary>The rows for this span and those below it.</summary>
    internal int BranchCount { get; }

    private int Siblings { get; set; } = 1;

    /// <summary>Folds a later sibling into this row if both have the same names all the way down.</summary>
    internal bool TryFold(WaterfallRow sibling)
    {
        if (_shape != sibling._shape || Span.Name != sibling.Span.Name || Span.Service != sibling.Span.Service)
        {
            return false;
        }

        if (sibling.Span.Duration > Span.Duration)
        {
            (Span, Children) = (sibling.Span, sibling.Children);
        }

        Siblings += sibling.Siblings;
        SpanCount += sibling.SpanCount;
        Start = sibling.Start < Start ? sibling.Start : Start;
        End = sibling.End > End ? sibling.End : End;
        return true;
    }
}
