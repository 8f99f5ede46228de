using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>What a span's own time was spent on, in the order in which a call passes through Milvus.</summary>
internal enum Part
{
    BetweenCalls,
    ClientAndNetwork,
    Proxy,
    ProxyQueue,
    ProxyPre,
    ProxyExecute,
    ProxyPost,
    Reduce,
    Coordinators,
    MessageQueue,
    InternalNetwork,
    TimeTick,
    Scheduler,
    QueryNode,
    Filter,
    Retrieve,
    Segcore,
    Rest,
}

/// <summary>Finds the part by a span's name, kind and role, as Milvus 2.3 to 3.0 name them.</summary>
internal static class Parts
{
    public static string Name(Part part) => part switch
    {
        Part.BetweenCalls => "client, between calls",
        Part.ClientAndNetwork => "client and network",
        Part.Proxy => "proxy",
        Part.ProxyQueue => "proxy: queue",
        Part.ProxyPre => "proxy: before execution",
        Part.ProxyExecute => "proxy: execution",
        Part.ProxyPost => "proxy: after execution",
        Part.Reduce => "reduce and output fields",
        Part.Coordinators => "coordinators",
        Part.MessageQueue => "message queue",
        Part.InternalNetwork => "network inside Milvus",
        Part.TimeTick => "waiting for the time tick",
        Part.Scheduler => "waiting in a scheduler",
        Part.QueryNode => "querynode",
        Part.Filter => "segcore: scalar filter",
        Part.Retrieve => "segcore: filter and fields",
        Part.Segcore => "segcore",
        _ => "the rest",
    };

    /// <param name="node">The span.</param>
    /// <param name="parent">Its parent's part; null for the operation itself.</param>
    public static Part Of(SpanNode node, Part? parent)
    {
        var span = node.Span;
        if (SpanClassifier.IsDatabaseCall(span) || SpanClassifier.IsRemoteCall(node))
        {
            return node.Children.Count(SpanClassifier.IsRemoteCall) > 1 ? Part.BetweenCalls : Part.ClientAndNetwork;
        }

        if (SpanClassifier.IsPublicServerSpan(span))
        {
            return ProxyPart(node);
        }

        if (SpanClassifier.IsInternalCall(span) || SpanClassifier.IsServerSpan(span))
        {
            var isAnswered = span.Kind == ActivityKind.Client && node.Children.Any(child => child.Span.Kind == ActivityKind.Server);
            return isAnswered ? Part.InternalNetwork : OfRole(SpanClassifier.Role(span)) ?? Part.Rest;
        }

        // A standalone Milvus has one service name, but the scope is the role that created the span.
        var parentSpan = node.Parent?.Span;
        var scope = span.ScopeName != parentSpan?.ScopeName ? OfRole(span.ScopeName) : null;
        return OfName(node, parent) ?? scope ?? (span.Service == parentSpan?.Service ? parent : null) ?? OfRole(span.Service) ?? parent ?? Part.Rest;
    }

    private static Part? OfName(SpanNode node, Part? parent)
    {
        var name = node.Span.Name;
        return name.StartsWith("wal.", StringComparison.Ordinal) || name == "SendMsg" ? Part.MessageQueue
            : name.Contains("reduce", StringComparison.OrdinalIgnoreCase) || name.Contains("FillOutput") || name == "decodeSearchResults" ? Part.Reduce
            : SpanClassifier.IsOfSegcore(node.Span) || name.StartsWith("SegCore", StringComparison.Ordinal) ? OfSegcore(node, parent)
            : name == "schedule" ? Part.Scheduler
            : name.Contains("waitTSafe", StringComparison.OrdinalIgnoreCase) ? Part.TimeTick
            : name.EndsWith("-PreExecute", StringComparison.Ordinal) || name == "init search request" ? Part.ProxyPre
            : name.EndsWith("-PostExecute", StringComparison.Ordinal) ? Part.ProxyPost
            : IsTask(node) ? Part.ProxyExecute
            : name.StartsWith("Proxy-", StringComparison.Ordinal) ? ProxyPart(node)
            : null;
    }

    private static Part OfSegcore(SpanNode node, Part? parent)
    {
        var name = node.Span.Name;
        return name.StartsWith("Phy", StringComparison.Ordinal) && (name.Contains("Filter") || name.Contains("Expr")) ? Part.Filter
            : name.Contains("VectorSearch") ? Part.Segcore
            : name.Contains("Retrieve") ? Part.Retrieve
            : parent is Part.Filter or Part.Retrieve ? parent.Value
            : Part.Segcore;
    }

    private static bool IsTask(SpanNode node) =>
        node.Span.Name.EndsWith("Task", StringComparison.Ordinal) || node.Span.Name.EndsWith("-Execute", StringComparison.Ordinal);

    /// <summary>A request waits in a queue only if the proxy executes it as a task.</summary>
    private static Part ProxyPart(SpanNode node) =>
        node.Children.Any(child => IsTask(child) || child.Children.Any(IsTask)) ? Part.ProxyQueue : Part.Proxy;

    private static Part? OfRole(string? role) => role switch
    {
        "proxy" => Part.Proxy,
        "rootcoord" or "datacoord" or "querycoord" or "indexcoord" or "mixcoord" or "mixture" => Part.Coordinators,
        "querynode" => Part.QueryNode,
        "datanode" or "indexnode" or "workernode" or "streamingnode" or "cdc" => Part.Rest,
        _ => null,
    };
}
