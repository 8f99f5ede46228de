using System.Diagnostics;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

/// <summary>Tells Milvus's spans from its clients'.</summary>
internal static class MilvusSpans
{
    private const string PackagePrefix = "milvus.proto.";
    private const string ClientFacingPrefix = "milvus.proto.milvus.MilvusService/";

    /// <summary>What a standalone Milvus calls itself, and what its C++ core does.</summary>
    public static readonly string[] DefaultServices = ["standalone", "segcore"];

    /// <summary>
    /// Milvus's own services in a trace: the two default names, and every service with a server span of one of Milvus's
    /// gRPC services, since a cluster's parts go by their roles and <c>OTEL_SERVICE_NAME</c> renames any.
    /// </summary>
    public static HashSet<string> ServicesIn(IEnumerable<Span> spans) =>
        [.. DefaultServices, .. spans.Where(IsServerSpan).Select(span => span.Service)];

    /// <summary>Whether a client's call made this span: Milvus's parts call each other all the time.</summary>
    public static bool IsAnswerToClient(Span span) => IsServerSpan(span) && span.Name.StartsWith(ClientFacingPrefix, StringComparison.Ordinal);

    public static bool IsServerSpan(Span span) =>
        span.Kind == ActivityKind.Server && span.Name.StartsWith(PackagePrefix, StringComparison.Ordinal);

    /// <summary>
    /// A client's gRPC call to Milvus: kind client with <c>rpc.system</c>, or <c>rpc.system.name</c> as newer conventions have it.
    /// A call that names another gRPC service is not one.
    /// </summary>
    public static bool IsClientCall(Span span, HashSet<string> milvusServices) =>
        span.Kind == ActivityKind.Client
        && (span.Attributes.ContainsKey("rpc.system") || span.Attributes.ContainsKey("rpc.system.name"))
        && !milvusServices.Contains(span.Service)
        && (RpcService(span) is not { } service || service.StartsWith(PackagePrefix, StringComparison.Ordinal));

    /// <summary>The fully qualified gRPC service: older conventions have it alone, newer ones as the method's first half.</summary>
    private static string? RpcService(Span span)
    {
        if (span.Attributes.TryGetValue("rpc.service", out var service))
        {
            return service;
        }

        return span.Attributes.TryGetValue("rpc.method", out var method) && method.LastIndexOf('/') is > 0 and var slash
            ? method[..slash]
            : null;
    }
}
