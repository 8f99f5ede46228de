using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

/// <summary>A machine whose clock is off by more than its caller's span.</summary>
public class ClockTests
{
    [Theory]
    [InlineData(45_000, "querynode's clock is 45.00 s ahead of that of proxy.")]
    [InlineData(-45_000, "querynode's clock is 45.00 s behind that of proxy.")]
    public async Task Is_told_though_the_trace_is_joined(double off, string message)
    {
        var report = await VerifyAsync(WithClock(off));

        report.Outcome.ShouldBe(Outcome.Joined);
        report.Causes.ShouldHaveSingleItem().ShouldBe(new Cause(
            CauseCodes.ClockSkew, message, "Synchronize the clocks of both machines (NTP); until then the waterfall shows those spans at the wrong time."));
    }

    [Fact]
    public async Task Is_not_suspected_within_the_callers_span() => (await VerifyAsync(WithClock(0.5))).Causes.ShouldBeEmpty();

    [Fact]
    public void Does_not_move_time_from_one_part_to_another()
    {
        var right = Explanation.Of([WithClock(0)]).Operations[0];
        var wrong = Explanation.Of([WithClock(45_000)]).Operations[0];

        wrong.Parts.Select(part => (part.Name, part.P50)).ShouldBe(right.Parts.Select(part => (part.Name, part.P50)));
        wrong.Parts[0].Name.ShouldBe("querynode");
    }

    /// <summary>A search of 20 ms, of which 14 are the querynode's.</summary>
    private static TraceData WithClock(double off) => Trace(
        Span(1, milliseconds: 20),
        Call(2, 1, milliseconds: 20),
        Server(3, 2, service: "proxy", at: 1, milliseconds: 18),
        Span(4, 3, "milvus.proto.query.QueryNode/Search", "proxy", ActivityKind.Client, at: 2, milliseconds: 16) with
        {
            Attributes = new Dictionary<string, string> { ["rpc.system"] = "grpc", ["rpc.service"] = "milvus.proto.query.QueryNode", ["rpc.method"] = "Search" },
        },
        Span(5, 4, "milvus.proto.query.QueryNode/Search", "querynode", ActivityKind.Server, at: 3 + off, milliseconds: 14));

    private static Task<VerificationReport> VerifyAsync(TraceData trace) =>
        TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [new MemoryBackend("jaeger", trace)], Wait = TimeSpan.Zero });
}
