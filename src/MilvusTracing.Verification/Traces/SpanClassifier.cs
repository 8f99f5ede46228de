using System.Diagnostics;
using System.Text.Json;

namespace MilvusTracing.Verification;

/// <summary>
/// Distinguishes the spans of Milvus from those of its clients by the gRPC service they name: clients call only the public service,
/// and Milvus's roles call each other's. <c>service.name</c> proves nothing, since <c>OTEL_SERVICE_NAME</c> can rename any process.
/// </summary>
internal static class SpanClassifier
{
    private const string Package = "milvus.proto.";
    private const string PublicService = "milvus.proto.milvus.MilvusService";

    /// <summary>The service names of Milvus's processes, 2.2 to 2.6, and of its C++ core.</summary>
    public static readonly string[] Roles =
    [
        "standalone", "proxy", "rootcoord", "datacoord", "querycoord", "indexcoord", "mixture", "mixcoord",
        "querynode", "datanode", "indexnode", "streamingnode", "segcore",
    ];

    /// <summary>Whether this is a client's call of Milvus: a gRPC client span, or a database span without one below it.</summary>
    public static bool IsClientCall(SpanNode node) =>
        IsGrpcCall(node.Span) || (IsDatabaseCall(node.Span) && !node.Children.Any(child => IsGrpcCall(child.Span)));

    /// <summary>Whether this is a database client span for Milvus.</summary>
    public static bool IsDatabaseCall(Span span) => span.Kind == ActivityKind.Client && span.Attributes.GetValueOrDefault("db.system.name") == "milvus";

    /// <summary>Whether this is a gRPC client span that names Milvus's public service, or no service at all.</summary>
    public static bool IsGrpcCall(Span span) => span.Kind == ActivityKind.Client && IsRpc(span) && Service(span) is null or PublicService;

    /// <summary>Whether one of Milvus's roles calls another here.</summary>
    public static bool IsInternalCall(Span span) => span.Kind == ActivityKind.Client && IsOfMilvus(span) && Service(span) != PublicService;

    /// <summary>Whether a server span of Milvus is a child of the call.</summary>
    public static bool IsJoined(SpanNode call) => call.Children.Any(child => IsServerSpan(child.Span));

    /// <summary>
    /// Whether the called role should have a span below this internal call, and has none. AllocTimestamp has no server span (2.3 to
    /// 2.5), and a stream between roles outlives any trace.
    /// </summary>
    public static bool IsUnanswered(SpanNode node) => IsInternalCall(node.Span)
        && Method(node.Span) != "AllocTimestamp"
        && !Service(node.Span)!.StartsWith(Package + "streaming.", StringComparison.Ordinal)
        && !node.Children.Any(child => child.Span.Kind == ActivityKind.Server);

    /// <summary>The role that implements an internal service: <c>querynode</c> for <c>milvus.proto.query.QueryNode</c>.</summary>
    public static string Role(Span span) => Service(span) switch
    {
        null => span.Service,
        PublicService => "proxy",
        var service => service[(service.LastIndexOf('.') + 1)..].ToLowerInvariant(),
    };

    /// <summary>Whether this is Milvus's server span of a client's call.</summary>
    public static bool IsPublicServerSpan(Span span) => span.Kind == ActivityKind.Server && Service(span) == PublicService;

    /// <summary>Whether this is any server span of Milvus.</summary>
    public static bool IsServerSpan(Span span) => span.Kind == ActivityKind.Server && IsOfMilvus(span);

    /// <summary>
    /// Whether a flow graph of Milvus consumes a message here, after the call that wrote the message has ended. Its parent comes from
    /// the message, and is sometimes a span that Milvus 2.3.5 never exports.
    /// </summary>
    public static bool IsStreamConsumer(Span span) => span is { Name: "Operate", Kind: ActivityKind.Internal };

    /// <summary>The names of the services in a trace that are part of Milvus.</summary>
    public static HashSet<string> ServicesIn(IEnumerable<Span> spans) =>
        [.. spans.Where(span => IsServerSpan(span) || IsInternalCall(span) || span.Service == "segcore").Select(span => span.Service)];

    /// <summary>The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</summary>
    public static string Operation(Span call) => call.Attributes.GetValueOrDefault("db.operation.name") is { Length: > 0 } name
        ? Printable.Of(name)
        : JsonNamingPolicy.SnakeCaseLower.ConvertName(Method(call));

    /// <summary>The method without its service, which instrumentations write in different ways.</summary>
    public static string Method(Span span) => span.Attributes.GetValueOrDefault("rpc.method") is { Length: > 0 } method
        ? Printable.Of(method[(method.LastIndexOf('/') + 1)..])
        : span.Name[(span.Name.LastIndexOf('/') + 1)..];

    /// <summary>A span name without its package: <c>QueryNode/Search</c>.</summary>
    public static string ShortName(string name) => name.IndexOf('/') is >= 0 and var slash ? name[(name.LastIndexOf('.', slash) + 1)..] : name;

    private static bool IsRpc(Span span) => span.Attributes.ContainsKey("rpc.system") || span.Attributes.ContainsKey("rpc.system.name");

    private static bool IsOfMilvus(Span span) => Service(span)?.StartsWith(Package, StringComparison.Ordinal) == true;

    /// <summary>The full name of the gRPC service: from rpc.service, or the first half of rpc.method or of the name.</summary>
    private static string? Service(Span span) =>
        span.Attributes.TryGetValue("rpc.service", out var service) ? service
        : span.Attributes.TryGetValue("rpc.method", out var method) && method.LastIndexOf('/') is > 0 and var slash ? method[..slash]
        : span.Name.StartsWith(Package, StringComparison.Ordinal) && span.Name.IndexOf('/') is > 0 and var end ? span.Name[..end]
        : null;
}
