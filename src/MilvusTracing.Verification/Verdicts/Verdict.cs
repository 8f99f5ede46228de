using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>The figures by which a trace counts as joined.</summary>
public sealed record Verdict
{
    /// <summary>Spans without a parent id.</summary>
    public int Roots { get; private init; }

    /// <summary>Spans whose parent id is in no span, without those of Milvus's flow graphs (<c>Operate</c>), which are no part of any call.</summary>
    public int Orphans { get; private init; }

    /// <summary>Client spans of calls to Milvus's public gRPC service.</summary>
    public int ClientCalls { get; private init; }

    /// <summary>How many of <see cref="ClientCalls"/> have a server span of Milvus as child.</summary>
    public int JoinedCalls { get; private init; }

    /// <summary>Calls of one of Milvus's roles by another that the called role's spans should follow, and do not: the role exports nothing, or was killed.</summary>
    public int UnansweredInternalCalls { get; private init; }

    /// <summary>All spans.</summary>
    public int Spans { get; private init; }

    /// <summary>Spans whose status is Error.</summary>
    public int Errors { get; private init; }

    /// <summary>Whether the trace's root ended in error.</summary>
    public bool RootFailed { get; private init; }

    /// <summary>How many spans each service has, in the order in which the services start.</summary>
    public IReadOnlyDictionary<string, int> Services { get; private init; } = new Dictionary<string, int>();

    /// <summary>
    /// One root, no orphans, every client call joined, of which there is at least one, every internal call answered, and no
    /// parent ids that run in a circle. An operation that failed may still be joined: <see cref="Errors"/> tells.
    /// </summary>
    public bool Joined => Roots == 1 && Orphans == 0 && ClientCalls > 0 && JoinedCalls == ClientCalls && UnansweredInternalCalls == 0 && !HasCycle;

    private bool HasCycle { get; init; }

    /// <summary>Judges a trace.</summary>
    /// <param name="trace">The trace, in whatever state it is.</param>
    /// <returns>Its figures.</returns>
    /// <example><code>Verdict.Of(trace).Joined.ShouldBeTrue();</code></example>
    public static Verdict Of(TraceData trace) => Of(new TraceGraph(trace));

    internal static Verdict Of(TraceGraph graph)
    {
        var calls = Enumerable.Range(0, graph.Spans.Length).Where(i => SpanClassifier.IsClientCall(graph, i)).ToList();
        return new Verdict
        {
            Roots = graph.Roots.Length,
            Orphans = Orphaned(graph).Count(),
            HasCycle = graph.CycleEntries.Length > 0,
            ClientCalls = calls.Count,
            JoinedCalls = calls.Count(call => IsJoined(graph, call)),
            UnansweredInternalCalls = Enumerable.Range(0, graph.Spans.Length).Count(i => IsUnanswered(graph, i)),
            Spans = graph.Spans.Length,
            Errors = graph.Spans.Count(span => span.IsError),
            RootFailed = graph.Roots is [var root] && graph.Spans[root].IsError,
            Services = graph.Spans.CountBy(span => span.Service).ToDictionary(),
        };
    }

    /// <summary>The orphans that count.</summary>
    internal static IEnumerable<Span> Orphaned(TraceGraph graph)
    {
        var milvus = new Lazy<HashSet<string>>(() => SpanClassifier.ServicesIn(graph.Spans));
        return graph.Orphans.Select(i => graph.Spans[i]).Where(span => !SpanClassifier.IsStreamConsumer(span) || !milvus.Value.Contains(span.Service));
    }

    internal static bool IsJoined(TraceGraph graph, int call) => graph.Children(call).Any(child => SpanClassifier.IsServerSpan(graph.Spans[child]));

    internal static bool IsUnanswered(TraceGraph graph, int i) => SpanClassifier.IsInternalCall(graph.Spans[i])
        && SpanClassifier.HasServerSpan(graph.Spans[i])
        && !graph.Children(i).Any(child => graph.Spans[child].Kind == ActivityKind.Server);
}
