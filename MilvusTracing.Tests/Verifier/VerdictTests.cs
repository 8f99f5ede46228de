using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

public class VerdictTests
{
    [Fact]
    public void A_root_whose_calls_all_reach_Milvus_is_joined()
    {
        var verdict = Verdict.Of(Joined());

        verdict.Joined.ShouldBeTrue();
        (verdict.Roots, verdict.Orphans, verdict.ClientCalls, verdict.JoinedCalls, verdict.Spans).ShouldBe((1, 0, 1, 1, 3));
        verdict.Services.ShouldBe(new Dictionary<string, int> { ["milvus-client"] = 2, ["standalone"] = 1 });
    }

    [Fact]
    public void A_message_that_Milvus_takes_off_the_stream_later_is_no_orphan_and_a_callers_span_of_that_name_is()
    {
        var consumer = Span(4, 99, "Operate", "standalone");

        var verdict = Verdict.Of(Trace([.. Joined().Spans, consumer]));

        (verdict.Joined, verdict.Orphans, verdict.Spans).ShouldBe((true, 0, 4));
        Verdict.Of(Trace([.. Joined().Spans, consumer with { Service = "milvus-client" }])).Joined.ShouldBeFalse();
    }

    [Fact]
    public void Older_instrumentations_mark_calls_by_rpc_system()
    {
        var call = Call(2, 1) with { Attributes = new Dictionary<string, string> { ["rpc.system"] = "grpc" } };

        Verdict.Of(Trace(Span(1), call, Server(3, 2))).JoinedCalls.ShouldBe(1);
    }

    [Fact]
    public void A_call_that_Milvus_has_no_span_of_is_not_joined()
    {
        var verdict = Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), Call(4, 1)));

        (verdict.Joined, verdict.JoinedCalls, verdict.ClientCalls).ShouldBe((false, 1, 2));
    }

    [Fact]
    public void A_server_span_that_is_only_a_grandchild_does_not_join_the_call() =>
        Verdict.Of(Trace(Span(1), Call(2, 1), Span(3, 2, "POST", kind: ActivityKind.Client), Server(4, 3))).JoinedCalls.ShouldBe(0);

    [Fact]
    public void Another_span_of_Milvus_does_not_join_the_call() =>
        Verdict.Of(Trace(Span(1), Call(2, 1), Span(3, 2, "Proxy-Search", "standalone"))).JoinedCalls.ShouldBe(0);

    [Fact]
    public void A_server_span_of_another_service_does_not_join_the_call() =>
        Verdict.Of(Trace(Span(1), Call(2, 1), Span(3, 2, "Search", "web-shop", ActivityKind.Server))).JoinedCalls.ShouldBe(0);

    [Fact]
    public void Calls_between_Milvus_own_services_are_not_the_clients()
    {
        const string Method = "milvus.proto.query.QueryNode/Search";
        var attributes = new Dictionary<string, string> { ["rpc.system"] = "grpc", ["rpc.service"] = "milvus.proto.query.QueryNode", ["rpc.method"] = "Search" };
        var verdict = Verdict.Of(Trace(
            Span(1), Call(2, 1), Server(3, 2, service: "proxy"),
            Span(4, 3, Method, "proxy", ActivityKind.Client) with { Attributes = attributes },
            Span(5, 4, Method, "querynode", ActivityKind.Server) with { Attributes = attributes }));

        (verdict.Joined, verdict.ClientCalls).ShouldBe((true, 1));
    }

    [Fact]
    public void A_database_span_that_is_the_gRPC_span_is_one_call()
    {
        var call = Call(2, 1) with
        {
            Name = "search books",
            Attributes = new Dictionary<string, string>
            {
                ["rpc.system.name"] = "grpc",
                ["rpc.method"] = "milvus.proto.milvus.MilvusService/Search",
                ["db.system.name"] = "milvus",
                ["db.operation.name"] = "search",
            },
        };

        Verdict.Of(Trace(Span(1), call, Server(3, 2))).JoinedCalls.ShouldBe(1);
    }

    [Fact]
    public void A_database_span_above_the_gRPC_span_is_no_call_of_its_own_and_alone_it_is()
    {
        var database = Span(2, 1, "search books", kind: ActivityKind.Client) with
        {
            Attributes = new Dictionary<string, string> { ["db.system.name"] = "milvus", ["db.operation.name"] = "search" },
        };

        Verdict.Of(Trace(Span(1), database, Call(3, 2), Server(4, 3))).ClientCalls.ShouldBe(1);
        Verdict.Of(Trace(Span(1), database)).ClientCalls.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_root_is_never_plainly_joined()
    {
        var trace = Trace(Span(1, name: "quick_setup", isError: true), Call(2, 1), Server(3, 2));
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [new MemoryBackend("jaeger", trace)], Wait = TimeSpan.Zero });

        report.ToVerdictLine().ShouldStartWith("joined, but failed: 1 of 1 client calls, 1 root, 0 orphans, 1 error (in quick_setup of milvus-client), ");
    }

    [Fact]
    public void Calls_to_other_gRPC_services_are_not_calls_to_Milvus()
    {
        var other = Call(4, 1) with
        {
            Name = "shop.Cart/Add",
            Attributes = new Dictionary<string, string> { ["rpc.system.name"] = "grpc", ["rpc.method"] = "shop.Cart/Add" },
        };

        Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), other)).ClientCalls.ShouldBe(1);
    }

    [Fact]
    public void A_parent_that_is_in_no_span_makes_an_orphan()
    {
        var verdict = Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), Span(4, 99)));

        (verdict.Joined, verdict.Orphans).ShouldBe((false, 1));
    }

    [Fact]
    public void Two_roots_are_not_joined()
    {
        var verdict = Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), Span(4)));

        (verdict.Joined, verdict.Roots).ShouldBe((false, 2));
    }

    [Fact]
    public void A_trace_without_calls_proves_nothing() => Verdict.Of(Trace(Span(1))).Joined.ShouldBeFalse();

    [Fact]
    public void Parents_in_a_circle_are_not_joined() =>
        Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), Span(4, 5), Span(5, 4))).Joined.ShouldBeFalse();

    [Fact]
    public void A_span_that_was_exported_twice_counts_once() =>
        Verdict.Of(new TraceData(TraceId, [.. Joined().Spans, .. Joined().Spans])).Spans.ShouldBe(3);
}
