using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Rendering;

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
