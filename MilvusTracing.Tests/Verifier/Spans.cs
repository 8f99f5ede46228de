using System.Diagnostics;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verifier;

/// <summary>Spans made by hand, ids from small numbers.</summary>
internal static class Spans
{
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    /// <summary>Long enough ago that no exporter still holds spans back.</summary>
    public static readonly DateTimeOffset LongAgo = new(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static Span Span(
        int id, int? parent = null, string name = "work", string service = "milvus-client", ActivityKind kind = ActivityKind.Internal,
        double at = 0, double milliseconds = 1, bool isError = false, DateTimeOffset? origin = null) => new()
        {
            Id = id.ToString("x16"),
            ParentId = parent?.ToString("x16"),
            Name = name,
            Service = service,
            Kind = kind,
            Start = (origin ?? LongAgo).AddMilliseconds(at),
            Duration = TimeSpan.FromMilliseconds(milliseconds),
            IsError = isError,
        };

    /// <summary>A gRPC client span as recent instrumentations make it.</summary>
    public static Span Call(int id, int? parent, string method = "Search", string service = "milvus-client", double at = 0, double milliseconds = 1) =>
        Span(id, parent, $"milvus.proto.milvus.MilvusService/{method}", service, ActivityKind.Client, at, milliseconds) with
        {
            Attributes = new Dictionary<string, string> { ["rpc.system.name"] = "grpc", ["rpc.method"] = $"milvus.proto.milvus.MilvusService/{method}" },
        };

    /// <summary>Milvus's server span.</summary>
    public static Span Server(int id, int? parent, string method = "Search", string service = "standalone", double at = 0, double milliseconds = 1) =>
        Span(id, parent, $"milvus.proto.milvus.MilvusService/{method}", service, ActivityKind.Server, at, milliseconds);

    public static TraceData Trace(params IEnumerable<Span> spans) => new(TraceId, spans);

    /// <summary>A root, a call, Milvus's server span.</summary>
    public static TraceData Joined() => Trace(Span(1, name: "quick_setup"), Call(2, 1), Server(3, 2));
}
