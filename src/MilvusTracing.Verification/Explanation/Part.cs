using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>What a span's own time was spent on. Finds it by a span's name, kind and role, as Milvus 2.3 to 3.0 name them.</summary>
internal static class Part
{
    public const string BetweenCalls = "client, between calls";
    public const string ClientAndNetwork = "client and network";
    public const string Proxy = "proxy";
    public const string ProxyQueue = "proxy: queue";
    public const string ProxyPre = "proxy: before execution";
    public const string ProxyExecute = "proxy: execution";
    public const string ProxyPost = "proxy: after execution";
    public const string Reduce = "reduce";
    public const string OutputFields = "reduce and output fields";
    public const string Requery = "requery of output fields";
    public const string Coordinators = "coordinators";
    public const string MessageQueue = "message queue";
    public const string InternalNetwork = "network inside Milvus";
    public const string TimeTick = "waiting for the time tick";
    public const string Scheduler = "waiting in a scheduler";
    public const string QueryNode = "querynode";
    public const string Filter = "segcore: scalar filter";
    public const string Retrieve = "segcore: filter and fields";
    public const string VectorSearch = "segcore: vector search";
    public const string Segcore = "segcore";
    public const string Rest = "the rest";

    /// <param name="node">The span.</param>
    /// <param name="parent">Its parent's part; null for the operation itself.</param>
    public static string Of(SpanNode node, string? parent)
    {
        var span = node.Span;

        // From 2.4 on the work that a querynode scheduled is a child of the span that waited.
        parent = parent is Scheduler or TimeTick ? QueryNode : parent;
        if (SpanClassifier.IsDatabaseCall(span) || SpanClassifier.IsRemoteCall(node))
        {
            return node.Children.Count(SpanClassifier.IsRemoteCall) > 1 ? BetweenCalls : ClientAndNetwork;
        }

        if (SpanClassifier.IsPublicServerSpan(span))
        {
            return ProxyPart(node);
        }

        if (SpanClassifier.IsInternalCall(span) || SpanClassifier.IsServerSpan(span))
        {
            var isAnswered = span.Kind == ActivityKind.Client && node.Children.Any(child => child.Span.Kind == ActivityKind.Server);
            return isAnswered ? InternalNetwork : OfRole(SpanClassifier.Role(span)) ?? Rest;
        }

        // A standalone Milvus has one service name, but the scope is the role that created the span.
        var parentSpan = node.Parent?.Span;
        var scope = span.ScopeName != parentSpan?.ScopeName ? OfRole(span.ScopeName) : null;
        return OfName(node, parent) ?? scope ?? (span.Service == parentSpan?.Service ? parent : null) ?? OfRole(span.Service) ?? parent ?? Rest;
    }

    private static string? OfName(SpanNode node, string? parent)
    {
        var name = node.Span.Name;
        return name.StartsWith("wal.", StringComparison.Ordinal) || name == "SendMsg" ? MessageQueue
            : FillsFields(node, parent) ? OutputFields
            : name.Contains("reduce", StringComparison.OrdinalIgnoreCase) || name == "decodeSearchResults" ? Reduce
            : SpanClassifier.IsOfSegcore(node.Span) || name.StartsWith("SegCore", StringComparison.Ordinal) ? OfSegcore(node, parent)
            : name == "schedule" ? Scheduler
            : name.Contains("waitTSafe", StringComparison.OrdinalIgnoreCase) ? TimeTick
            : name.EndsWith("-PreExecute", StringComparison.Ordinal) || name == "init search request" ? ProxyPre
            : name.EndsWith("-PostExecute", StringComparison.Ordinal) ? ProxyPost
            : IsTask(node) ? ProxyExecute
            : name.StartsWith("Proxy-", StringComparison.Ordinal) ? ProxyPart(node)
            : null;
    }

    private static string OfSegcore(SpanNode node, string? parent)
    {
        var name = node.Span.Name;
        return name.StartsWith("Phy", StringComparison.Ordinal) && (name.Contains("Filter") || name.Contains("Expr")) ? Filter
            : name.Contains("VectorSearch") ? VectorSearch
            : name.Contains("Retrieve") ? Retrieve
            : parent is Filter or Retrieve or VectorSearch ? parent
            : Segcore;
    }

    /// <summary>Segcore reduces the results of its segments and reads their fields in one go.</summary>
    private static bool FillsFields(SpanNode node, string? parent) =>
        node.Span.Name is "ReduceSearchResultsAndFillData" or "FillTargetEntry" or "SegCoreRetrieveByOffsets"
        || node.Span.Name.StartsWith("ReduceHelper::", StringComparison.Ordinal)
        || (parent == OutputFields && SpanClassifier.IsOfSegcore(node.Span));

    private static bool IsTask(SpanNode node) =>
        node.Span.Name.EndsWith("Task", StringComparison.Ordinal) || node.Span.Name.EndsWith("-Execute", StringComparison.Ordinal);

    /// <summary>A request waits in a queue only if the proxy executes it as a task.</summary>
    private static string ProxyPart(SpanNode node) =>
        node.Children.Any(child => IsTask(child) || child.Children.Any(IsTask)) ? ProxyQueue : Proxy;

    private static string? OfRole(string? role) => role switch
    {
        "proxy" => Proxy,
        "rootcoord" or "datacoord" or "querycoord" or "indexcoord" or "mixcoord" or "mixture" => Coordinators,
        "querynode" => QueryNode,
        "datanode" or "indexnode" or "workernode" or "streamingnode" or "cdc" => Rest,
        _ => null,
    };
}
