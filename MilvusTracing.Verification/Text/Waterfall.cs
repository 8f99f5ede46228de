namespace MilvusTracing.Verification;

/// <summary>The lines of a trace's waterfall: equal siblings folded, and of a large trace the slowest branches alone.</summary>
internal sealed class Waterfall
{
    /// <summary>The most lines.</summary>
    public const int MostBranches = 200;

    private Waterfall(IReadOnlyList<WaterfallRow> rows, int branches, int spansLeftOut)
    {
        Rows = rows;
        Branches = branches;
        SpansLeftOut = spansLeftOut;
    }

    public IReadOnlyList<WaterfallRow> Rows { get; }

    /// <summary>All branches of the folded tree, shown or not.</summary>
    public int Branches { get; }

    /// <summary>The spans below and beside the rows that were left out.</summary>
    public int SpansLeftOut { get; }

    /// <summary>What was left out, in a line; null where nothing was.</summary>
    public string? LeftOutNote => SpansLeftOut == 0
        ? null
        : FormattableString.Invariant($"The {Rows.Count} slowest of {Branches:N0} branches are shown; {SpansLeftOut:N0} spans in the others are left out, (+n) below a span.");

    public static Waterfall Of(TraceGraph graph)
    {
        var top = Fold(graph);
        var branches = Count(top);
        Choose(top);
        var leftOut = 0;
        var rows = Lay(top, ref leftOut);
        return new Waterfall(rows, branches, leftOut);
    }

    /// <summary>Builds the folded tree from its leaves up. No step recurses: a trace may be 50,000 spans deep.</summary>
    private static List<Branch> Fold(TraceGraph graph)
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
        var built = new Branch?[graph.Spans.Length];
        for (var i = order.Count - 1; i >= 0; i--)
        {
            var at = order[i];
            var children = FoldRuns(graph.Children(at).Where(child => !cycleEntries.Contains(child)).Select(child => built[child]!));
            built[at] = new Branch(graph.Spans[at], orphans.Contains(at), children);
        }

        return FoldRuns(starts.Select(start => built[start]!));
    }

    private static List<Branch> FoldRuns(IEnumerable<Branch> siblings)
    {
        var folded = new List<Branch>(0);
        foreach (var sibling in siblings)
        {
            if (folded.Count == 0 || !folded[^1].TryFold(sibling))
            {
                folded.Add(sibling);
            }
        }

        return folded;
    }

    private static int Count(List<Branch> top)
    {
        var count = 0;
        var stack = new Stack<Branch>(top);
        while (stack.TryPop(out var branch))
        {
            count++;
            branch.Children.ForEach(stack.Push);
        }

        return count;
    }

    /// <summary>Marks the slowest branches, each only below a parent that is shown.</summary>
    private static void Choose(List<Branch> top)
    {
        var slowestFirst = new PriorityQueue<Branch, TimeSpan>(Comparer<TimeSpan>.Create((a, b) => b.CompareTo(a)));
        top.ForEach(branch => slowestFirst.Enqueue(branch, branch.Span.Duration));
        for (var shown = 0; shown < MostBranches && slowestFirst.TryDequeue(out var branch, out _); shown++)
        {
            branch.IsShown = true;
            branch.Children.ForEach(child => slowestFirst.Enqueue(child, child.Span.Duration));
        }
    }

    private static List<WaterfallRow> Lay(List<Branch> top, ref int spansLeftOut)
    {
        var rows = new List<WaterfallRow>();
        var stack = new Stack<(Branch Branch, bool[] Continues)>();
        Push(top, null, ref spansLeftOut);
        while (stack.TryPop(out var next))
        {
            var branch = next.Branch;
            rows.Add(new WaterfallRow
            {
                Span = branch.Span,
                Count = branch.Count,
                Start = branch.Start,
                End = branch.End,
                IsOrphan = branch.IsOrphan,
                LeftOut = branch.Children.Count(child => !child.IsShown),
                Continues = next.Continues,
            });
            Push(branch.Children, next.Continues, ref spansLeftOut);
        }

        return rows;

        void Push(List<Branch> siblings, bool[]? above, ref int leftOut)
        {
            var last = true;
            foreach (var branch in Enumerable.Reverse(siblings))
            {
                if (branch.IsShown)
                {
                    stack.Push((branch, above is null ? [] : [.. above, !last]));
                    last = false;
                }
                else
                {
                    leftOut += branch.Spans;
                }
            }
        }
    }
}

/// <summary>One line of the waterfall: a span, or a run of equal siblings.</summary>
internal sealed record WaterfallRow
{
    /// <summary>The span, the slowest of a run.</summary>
    public required Span Span { get; init; }

    /// <summary>How many equal siblings the line stands for.</summary>
    public required int Count { get; init; }

    /// <summary>When the first one began.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When the last one ended.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>Whether the span's parent is in no span.</summary>
    public required bool IsOrphan { get; init; }

    /// <summary>How many branches directly below were left out.</summary>
    public required int LeftOut { get; init; }

    /// <summary>For each level below the top, from the outermost, whether more siblings follow on it; the last is the row's own.</summary>
    public required IReadOnlyList<bool> Continues { get; init; }

    /// <summary>The name without its package, how often it ran, and what is wrong with it.</summary>
    public string Label =>
        (Span.IsError ? "✗ " : IsOrphan ? "? " : "")
        + MilvusRpc.ShortName(Span.Name)
        + (Count > 1 ? $" ×{Count}" : "")
        + (LeftOut > 0 ? $" (+{LeftOut})" : "");

    /// <summary>How long the span took; of a run, how long each did at most.</summary>
    public string Duration => (Count > 1 ? "≤" : "") + Shown.Duration(Span.Duration);
}

/// <summary>A span with what is below it, or a run of equal ones of which the slowest is shown.</summary>
internal sealed class Branch(Span span, bool isOrphan, List<Branch> children)
{
    private readonly int _shape = ShapeOf(span, children);

    public Span Span { get; private set; } = span;

    public bool IsOrphan { get; } = isOrphan;

    public List<Branch> Children { get; private set; } = children;

    public int Count { get; private set; } = 1;

    public DateTimeOffset Start { get; private set; } = span.Start;

    public DateTimeOffset End { get; private set; } = span.End;

    /// <summary>All spans in it, the folded ones too.</summary>
    public int Spans { get; private set; } = 1 + children.Sum(child => child.Spans);

    public bool IsShown { get; set; }

    /// <summary>Takes a later sibling in, if both look the same down to their last child.</summary>
    public bool TryFold(Branch sibling)
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

    private static int ShapeOf(Span span, List<Branch> children)
    {
        var hash = new HashCode();
        hash.Add(span.Service);
        hash.Add(span.Name);
        hash.Add(span.Kind);
        hash.Add(span.IsError);
        foreach (var child in children)
        {
            hash.Add(child._shape);
        }

        return hash.ToHashCode();
    }
}
