namespace MilvusTracing.Verification;

/// <summary>The spans of one trace, as one backend holds them or merged from several.</summary>
public sealed class TraceData
{
    private DateTimeOffset? _end;

    /// <summary>Creates a trace. Spans with the same id, as after a repeated export, are kept once.</summary>
    /// <param name="id">The trace id: 32 lower-case hexadecimal digits.</param>
    /// <param name="spans">The spans, in any order.</param>
    public TraceData(string id, IEnumerable<Span> spans)
    {
        Id = id;
        Spans = [.. spans.DistinctBy(span => span.Id)];
        Start = Spans.Count == 0 ? DateTimeOffset.UnixEpoch : Spans.Min(span => span.Start);
    }

    /// <summary>The trace id: 32 lower-case hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>The spans; each id occurs once.</summary>
    public IReadOnlyList<Span> Spans { get; }

    /// <summary>The start of the first span.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>The end of the last span. Spans of Milvus that consume a written message do not count: they may run long after the call.</summary>
    public DateTimeOffset End => _end ??= FindEnd();

    /// <summary>
    /// Whether a caller that exports nothing, such as a browser or a test, may have begun the trace. Only someone who names a trace by its
    /// id knows that it has begun.
    /// </summary>
    internal bool MayBeginOutside { get; init; }

    /// <summary>The parent-child relations of the spans.</summary>
    internal TraceGraph Graph => field ??= new TraceGraph(this);

    private DateTimeOffset FindEnd()
    {
        var consumers = TraceGraph.Reachable(Graph.Nodes.Where(node => SpanClassifier.IsConsumer(node.Span)), []).ToHashSet();
        return Graph.Nodes.Where(node => !consumers.Contains(node)).Select(node => node.Span.End).DefaultIfEmpty(Start).Max();
    }
}
