namespace MilvusTracing.Verification;

/// <summary>The lines of a trace's waterfall: equal siblings folded, and of a large trace the slowest branches alone.</summary>
internal sealed class Waterfall
{
    private const int MostRows = 200;

    private Waterfall(IReadOnlyList<WaterfallRow> rows, int branches, int spansLeftOut)
    {
        Rows = rows;
        LeftOutNote = spansLeftOut == 0 ? null : FormattableString.Invariant(
            $"The {rows.Count} slowest of {branches:N0} branches are shown; {spansLeftOut:N0} spans in the others are left out, (+n) below a span.");
    }

    public IReadOnlyList<WaterfallRow> Rows { get; }

    /// <summary>What was left out, in a line; null where nothing was.</summary>
    public string? LeftOutNote { get; }

    public static Waterfall Of(TraceGraph graph)
    {
        var top = Fold(graph);
        Choose(top);
        var rows = Order(top);
        var leftOut = rows.SelectMany(row => row.Children).Concat(top).Where(row => !row.IsShown).Sum(row => row.Spans);
        return new Waterfall(rows, top.Sum(row => row.Branches), leftOut);
    }

    /// <summary>Builds the folded tree from its leaves up. No step recurses: a trace may be 50,000 spans deep.</summary>
    private static List<WaterfallRow> Fold(TraceGraph graph)
    {
        var starts = graph.Roots.Concat(graph.Orphans).Concat(graph.CycleEntries).OrderBy(i => graph.Spans[i].Start).ToList();
        var order = new List<int>(graph.Spans.Length);
        var visited = new bool[graph.Spans.Length];
        var stack = new Stack<int>(starts);
        while (stack.TryPop(out var at))
        {
            if (visited[at])
            {
                continue;
            }

            visited[at] = true;
            order.Add(at);
            foreach (var child in graph.Children(at))
            {
                stack.Push(child);
            }
        }

        var orphans = graph.Orphans.ToHashSet();
        var cycleEntries = graph.CycleEntries.ToHashSet();
        var built = new WaterfallRow?[graph.Spans.Length];
        for (var i = order.Count - 1; i >= 0; i--)
        {
            var at = order[i];
            var children = FoldRuns(graph.Children(at).Where(child => !cycleEntries.Contains(child)).Select(child => built[child]!));
            built[at] = new WaterfallRow(graph.Spans[at], orphans.Contains(at), children);
        }

        return FoldRuns(starts.Select(start => built[start]!));
    }

    private static List<WaterfallRow> FoldRuns(IEnumerable<WaterfallRow> siblings)
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

    /// <summary>Marks the slowest branches, each only below a parent that is shown.</summary>
    private static void Choose(List<WaterfallRow> top)
    {
        var slowestFirst = new PriorityQueue<WaterfallRow, TimeSpan>(Comparer<TimeSpan>.Create((a, b) => b.CompareTo(a)));
        top.ForEach(row => slowestFirst.Enqueue(row, row.Span.Duration));
        for (var shown = 0; shown < MostRows && slowestFirst.TryDequeue(out var row, out _); shown++)
        {
            row.IsShown = true;
            row.Children.ForEach(child => slowestFirst.Enqueue(child, child.Span.Duration));
        }
    }

    /// <summary>The rows from top to bottom.</summary>
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

/// <summary>One line of the waterfall: a span with what is below it, or a run of equal siblings.</summary>
internal sealed class WaterfallRow(Span span, bool isOrphan, List<WaterfallRow> children)
{
    private readonly int _shape = ShapeOf(span, children);

    /// <summary>The span, the slowest of a run.</summary>
    public Span Span { get; private set; } = span;

    /// <summary>Whether the span's parent is in no span.</summary>
    public bool IsOrphan { get; } = isOrphan;

    /// <summary>What is below the span.</summary>
    public List<WaterfallRow> Children { get; private set; } = children;

    /// <summary>How many equal siblings the line stands for.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>When the first one began.</summary>
    public DateTimeOffset Start { get; private set; } = span.Start;

    /// <summary>When the last one ended.</summary>
    public DateTimeOffset End { get; private set; } = span.End;

    /// <summary>All spans in it, the folded ones too.</summary>
    public int Spans { get; private set; } = 1 + children.Sum(child => child.Spans);

    /// <summary>The lines that it and what is below it would take.</summary>
    public int Branches { get; } = 1 + children.Sum(child => child.Branches);

    public bool IsShown { get; set; }

    /// <summary>For each level below the top, from the outermost, whether more siblings follow on it; the last is the row's own.</summary>
    public IReadOnlyList<bool> Continues { get; set; } = [];

    /// <summary>The name without its package, how often it ran, how many branches below are left out, and what is wrong with it.</summary>
    public string Label =>
        (Span.IsError ? "✗ " : IsOrphan ? "? " : "")
        + SpanClassifier.ShortName(Span.Name)
        + (Count > 1 ? $" ×{Count}" : "")
        + (Children.Count(child => !child.IsShown) is > 0 and var leftOut ? $" (+{leftOut})" : "");

    /// <summary>How long the span took; of a run, how long each did at most.</summary>
    public string Duration => (Count > 1 ? "≤" : "") + Format.Duration(Span.Duration);

    /// <summary>Takes a later sibling in, if both look the same down to their last child.</summary>
    public bool TryFold(WaterfallRow sibling)
    {
        if (_shape != sibling._shape || Span.Name != sibling.Span.Name || Span.Service != sibling.Span.Service || IsOrphan != sibling.IsOrphan)
        {
            return false;
        }

        if (sibling.Span.Duration > Span.Duration)
        {
            (Span, Children) = (sibling.Span, sibling.Children);
        }

        Count += sibling.Count;
        Spans += sibling.Spans;
        Start = sibling.Start < Start ? sibling.Start : Start;
        End = sibling.End > End ? sibling.End : End;
        return true;
    }

    private static int ShapeOf(Span span, List<WaterfallRow> children)
    {
        var hash = new HashCode();
        hash.Add((span.Service, span.Name, span.Kind, span.IsError));
        children.ForEach(child => hash.Add(child._shape));
        return hash.ToHashCode();
    }
}
