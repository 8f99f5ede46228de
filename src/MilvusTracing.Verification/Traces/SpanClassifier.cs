using System.Diagnostics;

namespace MilvusTracing.Verification;

/// <summary>
/// Tells Milvus's spans from its clients' by the gRPC service that they name: callers call the public one alone, Milvus's roles
/// call each other's, and what a service calls itself says nothing, since <c>OTEL_SERVICE_NAME</c> renames any.
/// </summary>
internal static class SpanClassifier
{
    private const string Package = "milvus.proto.";
    private const string PublicService = "milvus.proto.milvus.MilvusService";

    /// <summary>What Milvus's processes call themselves, from 2.2 to 2.6, and what its C++ core does.</summary>
    public static readonly string[] Roles =
    [
        "standalone", "proxy", "rootcoord", "datacoord", "querycoord", "indexcoord", "mixture", "mixcoord",
        "querynode", "datanode", "indexnode", "streamingnode", "segcore",
    ];

    /// <summary>Whether a client calls Milvus here: a gRPC client span, or a database span that has none below it.</summary>
    public static bool IsClientCall(TraceGraph graph, int i) => IsGrpcCall(graph.Spans[i])
        || (IsDatabaseCall(graph.Spans[i]) && !graph.Children(i).Any(child => IsGrpcCall(graph.Spans[child])));

    /// <summary>Whether this is a database span for Milvus, by the conventions for database client spans.</summary>
    public static bool IsDatabaseCall(Span span) =>
        span.Kind == ActivityKind.Client && span.Attributes.GetValueOrDefault("db.system.name") == "milvus";

    /// <summary>A gRPC client span that names Milvus's public service, or none and so may be for it.</summary>
    public static bool IsGrpcCall(Span span) =>
        span.Kind == ActivityKind.Client && IsRpc(span) && Service(span) is null or PublicService;

    /// <summary>A call of one of Milvus's roles by another one.</summary>
    public static bool IsInternalCall(Span span) => span.Kind == ActivityKind.Client && IsInternal(span);

    /// <summary>
    /// Whether an internal call is answered by a span of the role that it calls. In 2.3 to 2.5 each is but that for a timestamp;
    /// a stream between roles lasts longer than any trace.
    /// </summary>
    public static bool HasServerSpan(Span internalCall) =>
        Method(internalCall) != "AllocTimestamp" && !Service(internalCall)!.StartsWith(Package + "streaming.", StringComparison.Ordinal);

    /// <summary>The role that serves an internal service, as its process is called: <c>milvus.proto.query.QueryNode</c> is querynode's.</summary>
    public static string Role(Span span) => Service(span) is not { } service ? span.Service
        : service == PublicService ? "proxy"
        : service[(service.LastIndexOf('.') + 1)..].ToLowerInvariant();

    /// <summary>Whether a client's call made this span: Milvus's roles call each other all the time.</summary>
    public static bool IsAnswerToClient(Span span) => span.Kind == ActivityKind.Server && Service(span) == PublicService;

    /// <summary>
    /// A flow graph takes a message off the stream, after the call that wrote it has been answered. The parent is what the
    /// message carries along, and now and then a span that Milvus itself does not export (seen of 2.3.5).
    /// </summary>
    public static bool IsStreamConsumer(Span span) => span is { Name: "Operate", Kind: ActivityKind.Internal };

    public static bool IsServerSpan(Span span) => span.Kind == ActivityKind.Server && IsOfMilvus(span);

    /// <summary>The services that are Milvus's own in a trace: those that answer, or call, for it.</summary>
    public static HashSet<string> ServicesIn(IEnumerable<Span> spans) =>
        [.. spans.Where(span => IsServerSpan(span) || IsInternalCall(span) || span.Service == "segcore").Select(span => span.Service)];

    /// <summary>The operation in the snake case of the database conventions: <c>search</c>, <c>load_collection</c>.</summary>
    public static string Operation(Span call) => call.Attributes.TryGetValue("db.operation.name", out var name) && name.Length > 0
        ? Printable.Of(name)
        : string.Concat(Method(call).Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "_" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));

    /// <summary>The method alone: how the service before it is written differs between instrumentations.</summary>
    public static string Method(Span span) => span.Attributes.TryGetValue("rpc.method", out var method) && method.Length > 0
        ? Printable.Of(method[(method.LastIndexOf('/') + 1)..])
        : span.Name[(span.Name.LastIndexOf('/') + 1)..];

    /// <summary>The method with its service, without the package: <c>QueryNode/Search</c>.</summary>
    public static string ShortName(string name)
    {
        var slash = name.IndexOf('/');
        return slash < 0 ? name : name[(name.LastIndexOf('.', slash) + 1)..];
    }

    private static bool IsRpc(Span span) => span.Attributes.ContainsKey("rpc.system") || span.Attributes.ContainsKey("rpc.system.name");

    private static bool IsOfMilvus(Span span) => Service(span)?.StartsWith(Package, StringComparison.Ordinal) == true;

    private static bool IsInternal(Span span) => IsOfMilvus(span) && Service(span) != PublicService;

    /// <summary>The full name of the gRPC service: an attribute of its own, or the method's first half, or the name's.</summary>
    private static string? Service(Span span) =>
        span.Attributes.TryGetValue("rpc.service", out var service) ? service
        : span.Attributes.TryGetValue("rpc.method", out var method) && method.LastIndexOf('/') is > 0 and var slash ? method[..slash]
        : span.Name.StartsWith(Package, StringComparison.Ordinal) && span.Name.IndexOf('/') is > 0 and var end ? span.Name[..end]
        : null;
}
