using System.Diagnostics;
using System.Text.Json;

namespace MilvusTracing.Verification;

/// <summary>
/// Distinguishes the spans of Milvus from those of its clients by the gRPC service or REST path they name: clients call only the public
/// services, and Milvus's roles call each other's. <c>service.name</c> proves nothing, since <c>OTEL_SERVICE_NAME</c> can rename any process.
/// </summary>
internal static class SpanClassifier
{
    private const string Package = "milvus.proto.";

    /// <summary>The services for clients. Besides MilvusService, clients of 3.0 send heartbeats to ClientTelemetryService.</summary>
    private const string PublicPackage = "milvus.proto.milvus.";

    private const string PublicService = PublicPackage + "MilvusService";

    /// <summary>Milvus's append to a remote write-ahead log, which a streamingnode hosts (3.0).</summary>
    private const string RemoteAppend = "wal.dist_append";

    /// <summary>The paths of Milvus's REST API. Its span, from 2.6.22 on, is named by the path.</summary>
    private static readonly string[] RestPaths = ["/v2/vectordb/", "/v1/vector/"];

    private static readonly string[] UrlKeys = ["url.full", "http.url", "url.path", "http.target", "http.route"];

    /// <summary>The service names of Milvus's processes, 2.2 to 3.0, and of its C++ core.</summary>
    public static readonly string[] Roles =
    [
        "standalone", "proxy", "rootcoord", "datacoord", "querycoord", "indexcoord", "mixture", "mixcoord",
        "querynode", "datanode", "indexnode", "streamingnode", "cdc", "segcore",
    ];

    /// <summary>Whether this is a client's call of Milvus: a gRPC or REST client span, or a database span without one below it.</summary>
    public static bool IsClientCall(SpanNode node) =>
        IsRemoteCall(node) || (IsDatabaseCall(node.Span) && !node.Children.Any(IsRemoteCall));

    /// <summary>Whether this is a gRPC or REST client span of a client's call.</summary>
    public static bool IsRemoteCall(SpanNode node) => IsGrpcCall(node.Span) || IsRestCall(node);

    /// <summary>Whether this is a database client span for Milvus.</summary>
    public static bool IsDatabaseCall(Span span) => span.Kind == ActivityKind.Client && span.Attributes.GetValueOrDefault("db.system.name") == "milvus";

    /// <summary>Whether this is a gRPC client span that names Milvus's public service, or no service at all.</summary>
    public static bool IsGrpcCall(Span span) => span.Kind == ActivityKind.Client && IsGrpc(span) && Service(span) is "" or PublicService;

    /// <summary>Whether this is an HTTP client span of Milvus's REST API.</summary>
    public static bool IsRestCall(SpanNode node) =>
        node.Span.Kind == ActivityKind.Client && (RestPath(node.Span) is not null || node.Children.Any(child => IsRestServerSpan(child.Span)));

    /// <summary>Whether one of Milvus's roles calls another here.</summary>
    public static bool IsInternalCall(Span span) =>
        span.Kind == ActivityKind.Client && IsOfMilvus(span) && !Service(span).StartsWith(PublicPackage);

    /// <summary>Whether a role of Milvus calls another here, by gRPC or by writing to its log.</summary>
    public static bool IsClientSideOfMilvus(Span span) => IsInternalCall(span) || span.Name == RemoteAppend;

    /// <summary>Whether a server span of Milvus is a child of the call.</summary>
    public static bool IsJoined(SpanNode call) => call.Children.Any(child => IsServerSpan(child.Span) || IsRestServerSpan(child.Span));

    /// <summary>
    /// Whether the called role should have a span below this internal call, and has none. AllocTimestamp has no server span (2.3 to
    /// 2.5), and a stream between roles outlives any trace.
    /// </summary>
    public static bool IsUnanswered(SpanNode node) => node.Span.Name == RemoteAppend
        ? node.Children.Count == 0
        : IsInternalCall(node.Span)
            && Method(node.Span) != "AllocTimestamp"
            && !Service(node.Span).StartsWith(Package + "streaming.")
            && !node.Children.Any(child => child.Span.Kind == ActivityKind.Server);

    /// <summary>The role that implements an internal service: <c>querynode</c> for <c>milvus.proto.query.QueryNode</c>.</summary>
    public static string Role(Span span) => span.Name == RemoteAppend ? "streamingnode" : Service(span) switch
    {
        "" => span.Service,
        PublicService => "proxy",
        var service => service[(service.LastIndexOf('.') + 1)..].ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Whether a shard's delegator calls a querynode for some of its segments. From 2.6 on a delegator runs in a streamingnode, so that
    /// one process may export these spans and another those of the other methods of QueryNode.
    /// </summary>
    public static bool IsWorkerCall(Span span) => Role(span) == "querynode" && Method(span).EndsWith("Segments", StringComparison.Ordinal);

    /// <summary>Whether this is Milvus's server span of a client's call.</summary>
    public static bool IsPublicServerSpan(Span span) => (span.Kind == ActivityKind.Server && Service(span) is PublicService) || IsRestServerSpan(span);

    /// <summary>Whether this is any gRPC server span of Milvus.</summary>
    public static bool IsServerSpan(Span span) => span.Kind == ActivityKind.Server && IsOfMilvus(span);

    /// <summary>Whether this is Milvus's span of a REST request.</summary>
    public static bool IsRestServerSpan(Span span) =>
        span.Kind is ActivityKind.Internal or ActivityKind.Server && RestPaths.Any(path => span.Name.StartsWith(path, StringComparison.Ordinal));

    /// <summary>
    /// Whether Milvus consumes a message here, after the call that wrote it has ended, sometimes long after. The parent comes from the
    /// message. That of <c>Operate</c>, a flow graph's span, is sometimes a span that Milvus 2.3.5 never exports.
    /// </summary>
    public static bool IsConsumer(Span span) => span is
    { Kind: ActivityKind.Internal, Name: "Operate" or "wal.bc_callback" or "wal.consume" or "wal.catchup_consume" or "wal.dist_consume" };

    /// <summary>Whether this is the span of a flow graph, whose parent may be missing.</summary>
    public static bool IsFlowGraph(Span span) => span is { Name: "Operate", Kind: ActivityKind.Internal };

    /// <summary>Whether the span belongs to a client's heartbeat (3.0).</summary>
    public static bool IsHeartbeat(Span span) => Service(span) is PublicPackage + "ClientTelemetryService";

    /// <summary>Whether the span failed. A Milvus before 3.0 does not implement heartbeats: their failure is no error.</summary>
    public static bool IsError(Span span) => span.IsError && !IsHeartbeat(span);

    /// <summary>Whether Milvus's C++ core recorded the span.</summary>
    public static bool IsOfSegcore(Span span) => span.Service == "segcore";

    /// <summary>The names of the services in a trace that are part of Milvus.</summary>
    public static HashSet<string> ServicesIn(IEnumerable<Span> spans) =>
        [.. spans.Where(span => IsServerSpan(span) || IsRestServerSpan(span) || IsInternalCall(span) || IsOfSegcore(span)).Select(span => span.Service)];

    /// <summary>The operation in snake case, as in <c>db.operation.name</c>: <c>search</c>, <c>load_collection</c>.</summary>
    public static string Operation(SpanNode call) => call.Span.Attributes.GetValueOrDefault("db.operation.name") is { Length: > 0 } name
        ? Printable.Of(name)
        : IsGrpc(call.Span) || IsServerSpan(call.Span) ? JsonNamingPolicy.SnakeCaseLower.ConvertName(Method(call.Span))
        : call.Children.Prepend(call).Select(node => RestPath(node.Span)).FirstOrDefault(path => path is not null) is { } rest ? RestOperation(rest)
        : JsonNamingPolicy.SnakeCaseLower.ConvertName(Method(call.Span));

    /// <summary>The method without its service, which instrumentations write in different ways.</summary>
    public static string Method(Span span) => span.Attributes.GetValueOrDefault("rpc.method") is { Length: > 0 } method
        ? Printable.Of(method[(method.LastIndexOf('/') + 1)..])
        : span.Name[(span.Name.LastIndexOf('/') + 1)..];

    /// <summary>A gRPC span's name without its package: <c>QueryNode/Search</c>. Other names are returned unchanged.</summary>
    public static string ShortName(string name) =>
        name.Length > 1 && name.IndexOf('/', 1) is > 0 and var slash ? name[(name.LastIndexOf('.', slash) + 1)..] : name;

    /// <summary>Whether the span belongs to a gRPC call, as rpc.system or its newer name says.</summary>
    private static bool IsGrpc(Span span) => (span.Attributes.GetValueOrDefault("rpc.system.name") ?? span.Attributes.GetValueOrDefault("rpc.system")) == "grpc";

    private static bool IsOfMilvus(Span span) => Service(span).StartsWith(Package);

    /// <summary>The full name of the gRPC service: from rpc.service, or the first half of rpc.method or of the name; empty for other spans.</summary>
    private static ReadOnlySpan<char> Service(Span span) =>
        span.Attributes.TryGetValue("rpc.service", out var service) ? service
        : span.Attributes.TryGetValue("rpc.method", out var method) && method.LastIndexOf('/') is > 0 and var slash ? method.AsSpan(0, slash)
        : span.Name.StartsWith(Package, StringComparison.Ordinal) && span.Name.IndexOf('/') is > 0 and var end ? span.Name.AsSpan(0, end)
        : [];

    /// <summary>The path below <c>/v2/vectordb/</c> or <c>/v1/vector/</c>, from an attribute or the name; null for other spans.</summary>
    private static string? RestPath(Span span)
    {
        foreach (var key in UrlKeys)
        {
            if (span.Attributes.TryGetValue(key, out var url) && RestPath(url) is { } path)
            {
                return path;
            }
        }

        return RestPath(span.Name);
    }

    private static string? RestPath(string url)
    {
        foreach (var path in RestPaths)
        {
            if (url.IndexOf(path, StringComparison.Ordinal) is >= 0 and var start)
            {
                return Printable.Of(url[(start + path.Length)..].Split('?', '#')[0]);
            }
        }

        return null;
    }

    /// <summary><c>search</c> for <c>entities/search</c>, <c>describe_collection</c> for <c>collections/describe</c>.</summary>
    private static string RestOperation(string path)
    {
        var parts = path.Trim('/').Split('/');
        var category = parts[0] switch { "entities" => "", "indexes" => "index", "aliases" => "alias", var other => other.TrimEnd('s') };
        return parts.Length == 1 ? parts[0] : string.Join('_', parts.Skip(1).Append(category)).TrimEnd('_');
    }
}
