namespace MilvusTracing.Verification;

/// <summary>One operation that a client requested, represented by its outermost span; by Milvus's span if the trace has none of the client.</summary>
internal sealed record MilvusOperation(SpanNode Node, string Name, string? ConsistencyLevel)
{
    private const string LevelKey = "milvus.search.consistency_level";
    private const string OldLevelKey = "db.milvus.search.consistency_level";

    public Span Span => Node.Span;

    /// <summary>Whether the operation has a vector: <c>search</c>, <c>hybrid_search</c>.</summary>
    public bool IsSearch => Name.EndsWith("search", StringComparison.Ordinal);

    public static IEnumerable<MilvusOperation> In(TraceData? trace) =>
        from node in trace?.Graph.Nodes ?? []
        where IsOutermost(node)
        let level = node.Children.Prepend(node).Select(candidate => LevelOf(candidate.Span)).FirstOrDefault(level => level is not null)
        select new MilvusOperation(node, SpanClassifier.Operation(node), level is null ? null : Printable.Of(level));

    private static string? LevelOf(Span span) =>
        span.Attributes.GetValueOrDefault(LevelKey) ?? span.Attributes.GetValueOrDefault(OldLevelKey);

    private static bool IsOutermost(SpanNode node) => SpanClassifier.IsDatabaseCall(node.Span) || SpanClassifier.IsRemoteCall(node)
        ? node.Parent is not { } parent || !SpanClassifier.IsDatabaseCall(parent.Span)
        : node.Parent is null && SpanClassifier.IsPublicServerSpan(node.Span);
}
