using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

/// <summary>The figures by which a trace counts as joined.</summary>
public sealed record Verdict
{
    /// <summary>Spans without a parent id.</summary>
    public int Roots { get; private init; }

    /// <summary>Spans whose parent id is in no span.</summary>
    public int Orphans { get; private init; }

    /// <summary>gRPC client spans of calls to Milvus, outside Milvus's own services.</summary>
    public int ClientCalls { get; private init; }

    /// <summary>How many of <see cref="ClientCalls"/> have a server span of Milvus as child.</summary>
    public int JoinedCalls { get; private init; }

    /// <summary>All spans.</summary>
    public int Spans { get; private init; }

    /// <summary>Spans whose status is Error.</summary>
    public int Errors { get; private init; }

    /// <summary>How many spans each service has, in the order in which the services start.</summary>
    public IReadOnlyDictionary<string, int> Services { get; private init; } = new Dictionary<string, int>();

    /// <summary>One root, no orphans, and every client call joined, of which there is at least one; no parent ids that run in a circle.</summary>
    public bool Joined => Roots == 1 && Orphans == 0 && ClientCalls > 0 && JoinedCalls == ClientCalls && !HasCycle;

    private bool HasCycle { get; init; }

    /// <summary>Judges a trace.</summary>
    /// <param name="trace">The trace, in whatever state it is.</param>
    public static Verdict Of(TraceData trace) => Of(new TraceGraph(trace));

    internal static Verdict Of(TraceGraph graph)
    {
        var milvus = MilvusSpans.ServicesIn(graph.Spans);
        var calls = Enumerable.Range(0, graph.Spans.Length).Where(i => MilvusSpans.IsClientCall(graph.Spans[i], milvus)).ToList();
        return new Verdict
        {
            Roots = graph.Roots.Length,
            Orphans = graph.Orphans.Length,
            HasCycle = graph.CycleEntries.Length > 0,
            ClientCalls = calls.Count,
            JoinedCalls = calls.Count(call => IsJoined(graph, call, milvus)),
            Spans = graph.Spans.Length,
            Errors = graph.Spans.Count(span => span.IsError),
            Services = graph.Spans.CountBy(span => span.Service).ToDictionary(),
        };
    }

    internal static bool IsJoined(TraceGraph graph, int call, HashSet<string> milvusServices) =>
        graph.Children(call).Any(child => graph.Spans[child].Kind == System.Diagnostics.ActivityKind.Server
            && milvusServices.Contains(graph.Spans[child].Service));
}
