using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

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
    public void Stream_consumers_of_Milvus_are_not_orphans_but_the_callers_spans_of_that_name_are()
    {
        var consumer = Span(4, 99, "Operate", "standalone");

        var verdict = Verdict.Of(Trace([.. Joined().Spans, consumer]));

        (verdict.Joined, verdict.Orphans, verdict.Spans).ShouldBe((true, 0, 4));
        Verdict.Of(Trace([.. Joined().Spans, consumer with { Service = "milvus-client" }])).Joined.ShouldBeFalse();
    }

    [Fact]
    public void Older_instrumentations_name_only_rpc_system() =>
        Verdict.Of(Trace(Span(1), Call(2, 1).With(("rpc.system", "grpc")), Server(3, 2))).JoinedCalls.ShouldBe(1);

    [Fact]
    public void A_call_without_a_span_of_Milvus_is_not_joined()
    {
        var verdict = Verdict.Of(Trace(Span(1), Call(2, 1), Server(3, 2), Call(4, 1)));

        (verdict.Joined, verdict.JoinedCalls, verdict.ClientCalls).ShouldBe((false, 1, 2));
    }

    public static TheoryData<string, Span[]> ChildrenThatDoNotJoin => new()
    {
        { "a grandchild", [Span(3, 2, "POST", kind: ActivityKind.Client), Server(4, 3)] },
        { "an internal span of Milvus", [Span(3, 2, "Proxy-Search", "standalone")] },
        { "a server span of another service", [Span(3, 2, "Search", "web-shop", ActivityKind.Server)] },
    };

    [Theory]
    [MemberData(nameof(ChildrenThatDoNotJoin))]
    public void Only_a_server_span_of_Milvus_as_child_joins_a_call(string what, Span[] children) =>
        Verdict.Of(Trace([Span(1), Call(2, 1), .. children])).JoinedCalls.ShouldBe(0, what);

    [Fact]
    public void Calls_between_the_roles_of_Milvus_are_not_client_calls()
    {
        var verdict = Verdict.Of(Trace(
            Span(1), Call(2, 1), Server(3, 2, service: "proxy"),
            Internal(4, 3, "query.QueryNode/Search", "proxy"),
            Internal(5, 4, "query.QueryNode/Search", "querynode", ActivityKind.Server)));

        (verdict.Joined, verdict.ClientCalls).ShouldBe((true, 1));
    }

    [Fact]
    public void Streams_and_timestamp_allocation_need_no_server_span()
    {
        var verdict = Verdict.Of(Trace(
            Span(1), Call(2, 1), Server(3, 2, service: "proxy"),
            Internal(4, 3, "streaming.StreamingNodeHandlerService/Produce", "proxy"),
            Internal(5, 3, "rootcoord.RootCoord/AllocTimestamp", "proxy")));

        (verdict.Joined, verdict.ClientCalls).ShouldBe((true, 1));
    }

    [Fact]
    public void A_database_span_that_is_also_the_gRPC_span_is_one_call()
    {
        var call = Call(2, 1) with { Name = "search books" };
        call = call.With([.. call.Attributes.Select(attribute => (attribute.Key, attribute.Value)), ("db.system.name", "milvus"), ("db.operation.name", "search")]);

        Verdict.Of(Trace(Span(1), call, Server(3, 2))).JoinedCalls.ShouldBe(1);
    }

    [Fact]
    public void A_database_span_is_a_call_only_without_a_gRPC_span_below_it()
    {
        var database = Span(2, 1, "search books", kind: ActivityKind.Client).With(("db.system.name", "milvus"), ("db.operation.name", "search"));

        Verdict.Of(Trace(Span(1), database, Call(3, 2), Server(4, 3))).ClientCalls.ShouldBe(1);
        Verdict.Of(Trace(Span(1), database)).ClientCalls.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_root_is_reported() =>
        (await VerifyAsync(Span(1, name: "quick_setup", isError: true), Call(2, 1), Server(3, 2))).ToVerdictLine()
            .ShouldStartWith("joined, but failed: 1 of 1 client calls, 1 root, 0 orphans, 1 error (in quick_setup of milvus-client), ");

    [Fact]
    public void Calls_of_other_gRPC_services_are_not_calls_of_Milvus()
    {
        var other = Span(4, 1, "shop.Cart/Add", kind: ActivityKind.Client).With(("rpc.system.name", "grpc"), ("rpc.method", "shop.Cart/Add"));

        Verdict.Of(Trace([.. Joined().Spans, other])).ClientCalls.ShouldBe(1);
    }

    [Fact]
    public void Orphans_further_roots_and_cycles_are_not_joined()
    {
        var orphan = Verdict.Of(Trace([.. Joined().Spans, Span(4, 99)]));
        var roots = Verdict.Of(Trace([.. Joined().Spans, Span(4)]));

        (orphan.Joined, orphan.Orphans).ShouldBe((false, 1));
        (roots.Joined, roots.Roots).ShouldBe((false, 2));
        Verdict.Of(Trace([.. Joined().Spans, Span(4, 5), Span(5, 4)])).Joined.ShouldBeFalse();
        Verdict.Of(Trace([.. Joined().Spans, Span(4, 4)])).Joined.ShouldBeFalse();
    }

    [Fact]
    public void A_trace_without_calls_is_not_joined() => Verdict.Of(Trace(Span(1))).Joined.ShouldBeFalse();

    [Fact]
    public void A_span_that_was_exported_twice_counts_once() => Verdict.Of(Trace([.. Joined().Spans, .. Joined().Spans])).Spans.ShouldBe(3);
}
