namespace MilvusTracing.Verification;

/// <summary>The counts that decide whether a trace is joined: whether it runs from the client's calls into Milvus without a gap.</summary>
public sealed record Verdict
{
    /// <summary>Spans without a parent id. A caller that exports nothing, such as a browser or a test, counts as one.</summary>
    public int Roots { get; private init; }

    /// <summary>Spans whose parent is missing, except those of Milvus's flow graphs (<c>Operate</c>), which belong to no call.</summary>
    public int Orphans { get; private init; }

    /// <summary>Client spans of calls to Milvus's public gRPC service, and to its REST API.</summary>
    public int ClientCalls { get; private init; }

    /// <summary>How many of <see cref="ClientCalls"/> have a span of Milvus as a child.</summary>
    public int JoinedCalls { get; private init; }

    /// <summary>Calls between Milvus's roles without a span of the called role: the role does not export, or was killed.</summary>
    public int UnansweredInternalCalls { get; private init; }

    /// <summary>All spans.</summary>
    public int Spans { get; private init; }

    /// <summary>Spans whose status is Error.</summary>
    public int Errors { get; private init; }

    /// <summary>Whether the trace has one root and its status is Error, or that of a call from outside.</summary>
    public bool RootFailed { get; private init; }

    /// <summary>The number of spans of each service, in the order in which the services start.</summary>
    public IReadOnlyDictionary<string, int> Services { get; private init; } = new Dictionary<string, int>();

    /// <summary>
    /// Whether the trace has one root, no orphans, no cycle of parent ids, at least one client call, a server span of Milvus for every
    /// client call, and a span of the called role for every internal call. A failed operation can still be joined; see <see cref="Errors"/>.
    /// </summary>
    public bool Joined => Roots == 1 && Orphans == 0 && ClientCalls > 0 && JoinedCalls == ClientCalls && UnansweredInternalCalls == 0 && !HasCycle;

    private bool HasCycle { get; init; }

    /// <summary>Judges a trace.</summary>
    /// <param name="trace">The trace; it may be incomplete.</param>
    /// <returns>Its counts.</returns>
    /// <example><code>Verdict.Of(trace).Joined.ShouldBeTrue();</code></example>
    public static Verdict Of(TraceData trace)
    {
        var graph = trace.Graph;
        var calls = graph.Nodes.Where(SpanClassifier.IsClientCall).ToList();
        return new Verdict
        {
            Roots = graph.BeginsOutside ? 1 : graph.Roots.Count,
            Orphans = Orphaned(graph).Count(),
            HasCycle = graph.CycleEntries.Count > 0,
            ClientCalls = calls.Count,
            JoinedCalls = calls.Count(SpanClassifier.IsJoined),
            UnansweredInternalCalls = graph.Nodes.Count(SpanClassifier.IsUnanswered),
            Spans = graph.Nodes.Count,
            Errors = graph.Nodes.Count(node => SpanClassifier.IsError(node.Span)),
            RootFailed = (graph.BeginsOutside || graph.Roots.Count == 1) && graph.Roots.Any(root => root.Span.IsError),
            Services = graph.Nodes.GroupBy(node => node.Span.Service).ToDictionary(spans => spans.Key, spans => spans.Count()),
        };
    }

    /// <summary>The orphans that count.</summary>
    internal static IEnumerable<Span> Orphaned(TraceGraph graph)
    {
        var milvus = new Lazy<HashSet<string>>(() => SpanClassifier.ServicesIn(graph.Nodes.Select(node => node.Span)));
        return graph.Orphans.Select(node => node.Span).Where(span => !SpanClassifier.IsFlowGraph(span) || !milvus.Value.Contains(span.Service));
    }
}
