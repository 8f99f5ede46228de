using System.Diagnostics;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>The clock of one machine differs by more than the duration of the caller's span.</summary>
public class ClockTests
{
    [Theory]
    [InlineData(45_000, "querynode is 45.00 s ahead of that of proxy")]
    [InlineData(-45_000, "querynode is 45.00 s behind that of proxy")]
    public async Task Is_reported_though_the_trace_is_joined(double offset, string message)
    {
        var report = await VerifyAsync(WithClock(offset).Spans);

        report.Outcome.ShouldBe(Outcome.Joined);
        var cause = report.Causes.ShouldHaveSingleItem();
        (cause.Code, cause.Message.Contains(message)).ShouldBe((CauseCodes.ClockSkew, true), cause.Message);
    }

    [Fact]
    public async Task Is_not_reported_within_the_callers_span() => (await VerifyAsync(WithClock(0.5).Spans)).Causes.ShouldBeEmpty();

    [Fact]
    public void Does_not_move_time_from_one_part_to_another()
    {
        var right = Explanation.Of([WithClock(0)]).Operations[0];
        var wrong = Explanation.Of([WithClock(45_000)]).Operations[0];

        wrong.Parts.Select(part => (part.Name, part.P50)).ShouldBe(right.Parts.Select(part => (part.Name, part.P50)));
        wrong.Parts[0].Name.ShouldBe("querynode");
    }

    /// <summary>A search of 20 ms, of which 14 are the querynode's.</summary>
    private static TraceData WithClock(double offset) => Trace(
        Span(1, milliseconds: 20),
        Call(2, 1, milliseconds: 20),
        Server(3, 2, service: "proxy", at: 1, milliseconds: 18),
        Internal(4, 3, "query.QueryNode/Search", "proxy", at: 2, milliseconds: 16),
        Internal(5, 4, "query.QueryNode/Search", "querynode", ActivityKind.Server, at: 3 + offset, milliseconds: 14));
}
