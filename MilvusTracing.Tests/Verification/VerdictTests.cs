using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class VerdictTests
{
    private static readonly Span Database = Span(2, 1, "search books", kind: ActivityKind.Client)
        .With(("db.system.name", "milvus"), ("db.operation.name", "search"));

    private static readonly Span[] Calls = [Span(1), Call(2, 1)];

    [Fact]
    public void A_root_whose_calls_all_reach_Milvus_is_joined()
    {
        var verdict = Verdict.Of(Trace([.. Joined().Spans, .. Joined().Spans]));

        verdict.Joined.ShouldBeTrue();
        (verdict.Roots, verdict.Orphans, verdict.ClientCalls, verdict.JoinedCalls, verdict.Spans).ShouldBe((1, 0, 1, 1, 3), "an id counts once");
        verdict.Services.ShouldBe(new Dictionary<string, int> { ["milvus-client"] = 2, ["standalone"] = 1 });
    }

    public static TheoryData<string, Span[], int, int, bool> Traces => new()
    {
        { "no call", [Span(1)], 0, 0, false },
        { "one of two calls reaches Milvus", [.. Joined().Spans, Call(4, 1)], 2, 1, false },
        { "only a grandchild of the call is a server span", [.. Calls, Span(3, 2, "POST", kind: ActivityKind.Client), Server(4, 3)], 1, 0, false },
        { "only an internal span of Milvus below the call", [.. Calls, Span(3, 2, "Proxy-Search", "standalone")], 1, 0, false },
        { "only another service's server span below the call", [.. Calls, Span(3, 2, "Search", "web-shop", ActivityKind.Server)], 1, 0, false },
        { "older instrumentations name only rpc.system", [Span(1), Call(2, 1).With(("rpc.system", "grpc")), Server(3, 2)], 1, 1, true },
        { "a call of another gRPC service", [.. Joined().Spans, Rpc("grpc", "shop.Cart/Add")], 1, 1, true },
        { "a call of another RPC system", [.. Joined().Spans, Rpc("connectrpc", "Search")], 1, 1, true },
        { "a call of WCF", [.. Joined().Spans, Rpc("dotnet_wcf", "Search", "rpc.system")], 1, 1, true },
        {
            "a call between roles",
            [
                .. Joined().Spans, Internal(4, 3, "query.QueryNode/Search", "proxy"),
                Internal(5, 4, "query.QueryNode/Search", "querynode", ActivityKind.Server),
            ],
            1, 1, true
        },
        {
            "a stream and the allocation of a timestamp need no server span",
            [
                .. Joined().Spans, Internal(4, 3, "streaming.StreamingNodeHandlerService/Produce", "proxy"),
                Internal(5, 3, "rootcoord.RootCoord/AllocTimestamp", "proxy"),
            ],
            1, 1, true
        },
        {
            "a database span that is also the gRPC span",
            [
                Span(1),
                Database.With(("db.system.name", "milvus"), ("rpc.system.name", "grpc"), ("rpc.method", "milvus.proto.milvus.MilvusService/Search")),
                Server(3, 2),
            ],
            1, 1, true
        },
        { "a database span above the gRPC span", [Span(1), Database, Call(3, 2), Server(4, 3)], 1, 1, true },
        { "a database span without a gRPC span", [Span(1), Database], 1, 0, false },
        { "an orphan", [.. Joined().Spans, Span(4, 99)], 1, 1, false },
        { "a second root", [.. Joined().Spans, Span(4)], 1, 1, false },
        { "a cycle", [.. Joined().Spans, Span(4, 5), Span(5, 4)], 1, 1, false },
        { "a span that is its own parent", [.. Joined().Spans, Span(4, 4)], 1, 1, false },
        { "a stream consumer of Milvus, which is not an orphan", [.. Joined().Spans, Span(4, 99, "Operate", "standalone")], 1, 1, true },
        { "an orphan of the caller with a consumer's name", [.. Joined().Spans, Span(4, 99, "Operate")], 1, 1, false },
    };

    [Theory]
    [MemberData(nameof(Traces))]
    public void Calls_are_counted(string what, Span[] spans, int calls, int joinedCalls, bool isJoined)
    {
        var verdict = Verdict.Of(Trace(spans));

        (verdict.ClientCalls, verdict.JoinedCalls, verdict.Joined).ShouldBe((calls, joinedCalls, isJoined), what);
    }

    public static TheoryData<string, Span[], bool> TracesFromOutside => new()
    {
        { "a browser or a test calls a service", [Web(1, 99), Call(2, 1), Server(3, 2)], true },
        { "it calls the service twice", [Web(1, 99), Call(2, 1), Server(3, 2), Web(4, 98)], true },
        { "another service's caller is lost", [Web(1, 99), Call(2, 1), Server(3, 2), Web(4, 98) with { Service = "stock" }], false },
        { "the parent of an internal span is lost", [Span(1, 99), Call(2, 1), Server(3, 2)], false },
        { "the trace has a root", [Span(9), Web(1, 99), Call(2, 1), Server(3, 2)], false },
        { "only Milvus has the trace", [Server(3, 99)], false },
    };

    [Theory]
    [MemberData(nameof(TracesFromOutside))]
    public async Task A_trace_named_by_its_id_may_begin_in_a_caller_that_exports_nothing(string what, Span[] spans, bool isJoined)
    {
        var backend = new MemoryBackend("jaeger", Trace(spans));

        var named = await VerifyAsync(backend, new TraceReference(TraceId));

        named.Outcome.ShouldBe(isJoined ? Outcome.Joined : Outcome.NotJoined, what);
        named.Causes.Any().ShouldBe(!isJoined, what);
        named.ToPlainText().Contains("? ").ShouldBe(!isJoined, "an orphan is marked");
        (await VerifyAsync(backend)).Outcome.ShouldNotBe(Outcome.Joined, what);
    }

    [Fact]
    public async Task A_backend_without_the_root_does_not_hold_a_trace_from_outside()
    {
        Span[] spans = [Span(1), Web(4, 1), Call(2, 4), Server(3, 2)];
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest
        {
            Backends = [new MemoryBackend("jaeger", Trace(spans)), new MemoryBackend("dashboard", Trace(spans[1..]))],
            Trace = new TraceReference(TraceId),
            Wait = TimeSpan.Zero,
        });

        report.Outcome.ShouldBe(Outcome.NotJoined);
    }

    [Fact]
    public async Task A_failed_root_is_reported() =>
        (await VerifyAsync(Span(1, name: "quick_setup", isError: true), Call(2, 1), Server(3, 2))).ToVerdictLine()
            .ShouldStartWith("joined, but failed: 1 of 1 client calls, 1 root, 0 orphans, 1 error (in quick_setup of milvus-client), ");

    private static Span Web(int id, int parent) => Span(id, parent, "GET /find", kind: ActivityKind.Server);

    private static Span Rpc(string system, string method, string key = "rpc.system.name") =>
        Span(9, 1, method, kind: ActivityKind.Client).With((key, system), ("rpc.method", method));
}
