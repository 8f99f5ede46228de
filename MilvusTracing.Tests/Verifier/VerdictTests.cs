using System.Diagnostics;
using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Verification;
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
        var inner = Call(4, 3, service: "proxy");
        var verdict = Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2, service: "proxy"), inner));

        (verdict.Joined, verdict.ClientCalls).ShouldBe((true, 1));
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
