namespace MilvusTracing.Verification;

/// <summary>One operation as the client asked for it: the outermost span of it, in whose place Milvus's own stands where the client's is not in the trace.</summary>
internal sealed record MilvusOperation(int Index, Span Span, string Name, string? ConsistencyLevel)
{
    private const string LevelKey = "db.milvus.search.consistency_level";

    public static IEnumerable<MilvusOperation> In(TraceGraph? graph) => graph is null ? [] :
        from i in Enumerable.Range(0, graph.Spans.Length)
        where Begins(graph, i)
        let span = graph.Spans[i]
        let level = span.Attributes.GetValueOrDefault(LevelKey)
            ?? graph.Children(i).Select(child => graph.Spans[child].Attributes.GetValueOrDefault(LevelKey)).FirstOrDefault(level => level is not null)
        select new MilvusOperation(i, span, SpanClassifier.Operation(span), level is null ? null : Printable.Of(level));

    private static bool Begins(TraceGraph graph, int i)
    {
        var span = graph.Spans[i];
        var parent = graph.Parents[i];
        return SpanClassifier.IsDatabaseCall(span) || SpanClassifier.IsGrpcCall(span)
            ? parent < 0 || !SpanClassifier.IsDatabaseCall(graph.Spans[parent])
            : parent < 0 && SpanClassifier.IsAnswerToClient(span);
    }
}
