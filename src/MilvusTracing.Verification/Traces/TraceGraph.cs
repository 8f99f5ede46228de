namespace MilvusTracing.Verification;

/// <summary>Who is whose parent in a trace. Spans are named by their position in <see cref="Spans"/>.</summary>
internal sealed class TraceGraph
{
    private readonly int[] _firstChild;
    private readonly int[] _nextSibling;

    public TraceGraph(TraceData trace)
    {
        Spans = [.. trace.Spans.OrderBy(span => span.Start).ThenByDescending(span => span.Duration)];
        var positions = new Dictionary<string, int>(Spans.Length);
        for (var i = 0; i < Spans.Length; i++)
        {
            positions[Spans[i].Id] = i;
        }

        Parents = [.. Spans.Select(span => span.ParentId is { } id && positions.TryGetValue(id, out var parent) ? parent : -1)];
        _firstChild = Enumerable.Repeat(-1, Spans.Length).ToArray();
        _nextSibling = Enumerable.Repeat(-1, Spans.Length).ToArray();
        for (var i = Spans.Length - 1; i >= 0; i--)
        {
            if (Parents[i] >= 0)
            {
                _nextSibling[i] = _firstChild[Parents[i]];
                _firstChild[Parents[i]] = i;
            }
        }

        Roots = [.. Positions().Where(i => Spans[i].ParentId is null)];
        Orphans = [.. Positions().Where(i => Spans[i].ParentId is not null && Parents[i] < 0)];
        CycleEntries = FindCycleEntries();
    }

    /// <summary>All spans by start, the longer first of two that start together.</summary>
    public Span[] Spans { get; }

    /// <summary>Each span's parent, -1 where it has none or it is missing.</summary>
    public int[] Parents { get; }

    public int[] Roots { get; }

    /// <summary>Spans whose parent id is in no span.</summary>
    public int[] Orphans { get; }

    /// <summary>One span of each circle of parent ids: with roots and orphans, the starts from which every span is reached.</summary>
    public int[] CycleEntries { get; }

    /// <summary>A span's children by start.</summary>
    public IEnumerable<int> Children(int parent)
    {
        for (var child = _firstChild[parent]; child >= 0; child = _nextSibling[child])
        {
            yield return child;
        }
    }

    private IEnumerable<int> Positions() => Enumerable.Range(0, Spans.Length);

    private int[] FindCycleEntries()
    {
        const byte Done = 1, OnPath = 2;
        var states = new byte[Spans.Length];
        var path = new List<int>();
        var entries = new List<int>();
        for (var i = 0; i < Spans.Length; i++)
        {
            path.Clear();
            var at = i;
            while (at >= 0 && states[at] == 0)
            {
                states[at] = OnPath;
                path.Add(at);
                at = Parents[at];
            }

            if (at >= 0 && states[at] == OnPath)
            {
                entries.Add(at);
            }

            foreach (var visited in path)
            {
                states[visited] = Done;
            }
        }

        return [.. entries];
    }
}
