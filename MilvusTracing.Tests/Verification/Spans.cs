using System.Diagnostics;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>Creates spans and traces; span ids are small numbers.</summary>
internal static class Spans
{
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    /// <summary>So old that no exporter holds back spans.</summary>
    public static readonly DateTimeOffset LongAgo = new(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static Span Span(
        int id, int? parent = null, string name = "work", string service = "milvus-client", ActivityKind kind = ActivityKind.Internal,
        double at = 0, double milliseconds = 1, bool isError = false) => new()
        {
            Id = id.ToString("x16"),
            ParentId = parent?.ToString("x16"),
            Name = name,
            Service = service,
            Kind = kind,
            Start = LongAgo.AddMilliseconds(at),
            Duration = TimeSpan.FromMilliseconds(milliseconds),
            IsError = isError,
        };

    /// <summary>A gRPC client span as recent instrumentations create it.</summary>
    public static Span Call(int id, int? parent, string method = "Search", string service = "milvus-client", double at = 0, double milliseconds = 1) =>
        Span(id, parent, $"milvus.proto.milvus.MilvusService/{method}", service, ActivityKind.Client, at, milliseconds)
            .With(("rpc.system.name", "grpc"), ("rpc.method", $"milvus.proto.milvus.MilvusService/{method}"));

    /// <summary>Milvus's server span of a client's call.</summary>
    public static Span Server(int id, int? parent, string method = "Search", string service = "standalone", double at = 0, double milliseconds = 1) =>
        Span(id, parent, $"milvus.proto.milvus.MilvusService/{method}", service, ActivityKind.Server, at, milliseconds);

    /// <summary>A client or server span of a call between Milvus's roles, such as <c>query.QueryNode/Search</c>.</summary>
    public static Span Internal(
        int id, int? parent, string method, string service, ActivityKind kind = ActivityKind.Client, double at = 0, double milliseconds = 1) =>
        Span(id, parent, $"milvus.proto.{method}", service, kind, at, milliseconds)
            .With(("rpc.system", "grpc"), ("rpc.service", $"milvus.proto.{method.Split('/')[0]}"), ("rpc.method", method.Split('/')[1]));

    public static Span With(this Span span, params (string Key, string Value)[] attributes) =>
        span with { Attributes = attributes.ToDictionary(attribute => attribute.Key, attribute => attribute.Value) };

    public static TraceData Trace(params IEnumerable<Span> spans) => new(TraceId, spans);

    /// <summary>A root, a call, and Milvus's server span.</summary>
    public static TraceData Joined() => Trace(Span(1, name: "quick_setup"), Call(2, 1), Server(3, 2));

    /// <summary>A trace recorded from a real Milvus.</summary>
    public static async Task<TraceData> RecordedAsync(string recording)
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync([], recording);
        using var backend = new JaegerBackend(jaeger.Url);
        return (await backend.GetTraceAsync(Recording.TraceIdOf(Recording.Read(recording)), default))!;
    }

    /// <summary>Verifies the latest trace, or the given one, reading once.</summary>
    public static Task<VerificationReport> VerifyAsync(ITraceBackend backend, TraceReference? trace = null, string service = "milvus-client") =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend], Trace = trace, Service = service, Wait = TimeSpan.Zero });

    public static Task<VerificationReport> VerifyAsync(params IEnumerable<Span> spans) => VerifyAsync(new MemoryBackend("jaeger", Trace(spans)));
}
