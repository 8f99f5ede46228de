using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>What a span's own time was spent on, in the order in which a call passes through.</summary>
internal enum Part
{
    /// <summary>The client's own time between several calls of one operation.</summary>
    BetweenCalls,
    ClientAndNetwork,
    ProxyQueue,
    ProxyPre,
    ProxyExecute,
    ProxyPost,
    Reduce,
    Coordinators,
    MessageQueue,
    InternalNetwork,
    TimeTick,
    QueryNode,
    Segcore,
    Rest,
}

/// <summary>Tells the part from the span's name, kind and role: in Milvus's own words, from 2.3 on.</summary>
internal static class Parts
{
    public static string Name(Part part) => part switch
    {
        Part.BetweenCalls => "client, between calls",
        Part.ClientAndNetwork => "client and network",
        Part.ProxyQueue => "proxy: queue",
        Part.ProxyPre => "proxy: before execution",
        Part.ProxyExecute => "proxy: execution",
        Part.ProxyPost => "proxy: after execution",
        Part.Reduce => "reduce",
        Part.Coordinators => "coordinators",
        Part.MessageQueue => "message queue",
        Part.InternalNetwork => "network inside Milvus",
        Part.TimeTick => "waiting for the time tick",
        Part.QueryNode => "querynode",
        Part.Segcore => "segcore",
        _ => "the rest",
    };

    /// <param name="graph">The trace.</param>
    /// <param name="i">The span.</param>
    /// <param name="above">Its parent's part; null for the operation itself.</param>
    public static Part Of(TraceGraph graph, int i, Part? above)
    {
        var span = graph.Spans[i];
        if (SpanClassifier.IsDatabaseCall(span) || SpanClassifier.IsGrpcCall(span))
        {
            return graph.Children(i).Count(child => SpanClassifier.IsGrpcCall(graph.Spans[child])) > 1 ? Part.BetweenCalls : Part.ClientAndNetwork;
        }

        if (SpanClassifier.IsInternalCall(span))
        {
            return graph.Children(i).Any(child => graph.Spans[child].Kind == ActivityKind.Server) ? Part.InternalNetwork : OfRole(SpanClassifier.Role(span)) ?? Part.Rest;
        }

        return SpanClassifier.IsServerSpan(span) ? OfRole(SpanClassifier.Role(span)) ?? Part.Rest
            : OfName(span) ?? OfRole(span.Service) ?? above ?? Part.Rest;
    }

    private static Part? OfName(Span span) => span.Name switch
    {
        _ when span.Service == "segcore" || span.Name.StartsWith("SegCore", StringComparison.Ordinal) => Part.Segcore,
        _ when span.Name.Contains("waitTSafe", StringComparison.OrdinalIgnoreCase) => Part.TimeTick,
        _ when span.Name.Contains("reduce", StringComparison.OrdinalIgnoreCase) => Part.Reduce,
        "SendMsg" => Part.MessageQueue,
        _ when span.Name.EndsWith("-PreExecute", StringComparison.Ordinal) => Part.ProxyPre,
        _ when span.Name.EndsWith("-PostExecute", StringComparison.Ordinal) => Part.ProxyPost,
        _ when span.Name.EndsWith("-Execute", StringComparison.Ordinal) || span.Name.EndsWith("Task", StringComparison.Ordinal) => Part.ProxyExecute,
        _ when span.Name.StartsWith("Proxy-", StringComparison.Ordinal) => Part.ProxyQueue,
        _ => null,
    };

    private static Part? OfRole(string role) => role switch
    {
        "proxy" => Part.ProxyQueue,
        "rootcoord" or "datacoord" or "querycoord" or "indexcoord" or "mixcoord" or "mixture" => Part.Coordinators,
        "querynode" => Part.QueryNode,
        "datanode" or "indexnode" or "streamingnode" => Part.Rest,
        _ => null,
    };
}
