using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>A span with its parent and children.</summary>
internal sealed class SpanNode(Span span)
{
    private List<SpanNode>? _children;

    public Span Span => span;

    /// <summary>The parent; null for a root and for an orphan.</summary>
    public SpanNode? Parent { get; private set; }

    /// <summary>The children by start.</summary>
    public IReadOnlyList<SpanNode> Children => _children ?? (IReadOnlyList<SpanNode>)[];

    /// <summary>Whether the span has a parent id that no span of the trace has, and is not called from outside.</summary>
    public bool IsOrphan => span.ParentId is not null && Parent is null && !IsCalledFromOutside;

    /// <summary>Whether the parent is a span of a caller that exports nothing.</summary>
    public bool IsCalledFromOutside { get; set; }

    public void AttachTo(SpanNode parent)
    {
        Parent = parent;
        (parent._children ??= []).Add(this);
    }
}

/// <summary>The parent-child relations of a trace.</summary>
internal sealed class TraceGraph
{
    public TraceGraph(TraceData trace)
    {
        Nodes = [.. trace.Spans.OrderBy(span => span.Start).ThenByDescending(span => span.Duration).Select(span => new SpanNode(span))];
        var byId = Nodes.ToDictionary(node => node.Span.Id);
        foreach (var node in Nodes)
        {
            if (node.Span.ParentId is { } id && byId.TryGetValue(id, out var parent))
            {
                node.AttachTo(parent);
            }
        }

        BeginsOutside = trace.MayBeginOutside && MarkCallsFromOutside();
        Roots = [.. Nodes.Where(node => node.Span.ParentId is null || node.IsCalledFromOutside)];
        Orphans = [.. Nodes.Where(node => node.IsOrphan)];
        CycleEntries = FindCycleEntries();
    }

    /// <summary>All spans by start; of two that start together the longer comes first.</summary>
    public IReadOnlyList<SpanNode> Nodes { get; }

    /// <summary>Whether a caller that exports nothing has begun the trace.</summary>
    public bool BeginsOutside { get; }

    /// <summary>The spans without a parent id, and those called from outside.</summary>
    public IReadOnlyList<SpanNode> Roots { get; }

    public IReadOnlyList<SpanNode> Orphans { get; }

    /// <summary>One span of each cycle of parent ids. Every span is reachable from the roots, the orphans and these.</summary>
    public IReadOnlyList<SpanNode> CycleEntries { get; }

    /// <summary>The spans reachable from some, each once, parents before children. Does not recurse: a trace may be 50,000 spans deep.</summary>
    public static IEnumerable<SpanNode> Reachable(IEnumerable<SpanNode> from, HashSet<SpanNode> visited)
    {
        var stack = new Stack<SpanNode>(from);
        while (stack.TryPop(out var node))
        {
            if (visited.Add(node))
            {
                yield return node;
                foreach (var child in node.Children)
                {
                    stack.Push(child);
                }
            }
        }
    }

    /// <summary>A trace without a root begins outside if a service's server span lacks its parent. The caller may call this service several times.</summary>
    private bool MarkCallsFromOutside()
    {
        if (Nodes.Any(node => node.Span.ParentId is null) || Nodes.FirstOrDefault(IsEntry) is not { } first)
        {
            return false;
        }

        foreach (var node in Nodes.Where(node => node.Span.Service == first.Span.Service && IsEntry(node)))
        {
            node.IsCalledFromOutside = true;
        }

        return true;

        static bool IsEntry(SpanNode node) =>
            node is { IsOrphan: true, Span.Kind: ActivityKind.Server } && !SpanClassifier.IsServerSpan(node.Span) && !SpanClassifier.IsRestServerSpan(node.Span);
    }

    private List<SpanNode> FindCycleEntries()
    {
        var entries = new List<SpanNode>();
        var visited = new HashSet<SpanNode>(Nodes.Count);
        _ = Reachable([.. Roots, .. Orphans], visited).Count();
        foreach (var node in Nodes.Where(node => !visited.Contains(node)))
        {
            // The ancestors of a span without a root end in a cycle.
            var path = new HashSet<SpanNode>();
            var ancestor = node;
            while (path.Add(ancestor))
            {
                ancestor = ancestor.Parent!;
            }

            entries.Add(ancestor);
            _ = Reachable([ancestor], visited).Count();
        }

        return entries;
    }
}
