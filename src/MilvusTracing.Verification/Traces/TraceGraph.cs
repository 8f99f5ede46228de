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

    /// <summary>Whether the span has a parent id that no span of the trace has.</summary>
    public bool IsOrphan => span.ParentId is not null && Parent is null;

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

        Roots = [.. Nodes.Where(node => node.Span.ParentId is null)];
        Orphans = [.. Nodes.Where(node => node.IsOrphan)];
        CycleEntries = FindCycleEntries();
    }

    /// <summary>All spans by start; of two that start together the longer comes first.</summary>
    public IReadOnlyList<SpanNode> Nodes { get; }

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
