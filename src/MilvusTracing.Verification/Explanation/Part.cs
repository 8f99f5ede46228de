using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>What a span's own time was spent on, in the order in which a call passes through Milvus.</summary>
internal enum Part
{
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

/// <summary>Finds the part by a span's name, kind and role, as Milvus 2.3 and later name them.</summary>
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

    /// <param name="node">The span.</param>
    /// <param name="parent">Its parent's part; null for the operation itself.</param>
    public static Part Of(SpanNode node, Part? parent)
    {
        var span = node.Span;
        return SpanClassifier.IsDatabaseCall(span) || SpanClassifier.IsGrpcCall(span)
                ? (node.Children.Count(child => SpanClassifier.IsGrpcCall(child.Span)) > 1 ? Part.BetweenCalls : Part.ClientAndNetwork)
            : SpanClassifier.IsInternalCall(span) && node.Children.Any(child => child.Span.Kind == ActivityKind.Server) ? Part.InternalNetwork
            : SpanClassifier.IsInternalCall(span) || SpanClassifier.IsServerSpan(span) ? OfRole(SpanClassifier.Role(span)) ?? Part.Rest
            : OfName(span) ?? OfRole(span.Service) ?? parent ?? Part.Rest;
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
