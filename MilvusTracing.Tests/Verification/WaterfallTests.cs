using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

public class WaterfallTests
{
    [Fact]
    public async Task Equal_siblings_are_folded()
    {
        var polls = Enumerable.Range(0, 6).SelectMany(i => new[]
        {
            Call(10 + i, 1, "GetLoadState", at: i), Server(20 + i, 10 + i, "GetLoadState", at: i, milliseconds: i == 4 ? 0.9 : 0.1),
        });

        var waterfall = await WaterfallAsync([Span(1, name: "load"), .. polls, Call(30, 1, "Search", at: 9), Server(31, 30, at: 9)]);

        waterfall.Rows.Select(row => row.Label).ShouldBe(["load", "MilvusService/GetLoadState ×6", "MilvusService/GetLoadState", "MilvusService/Search", "MilvusService/Search"]);
        waterfall.Rows.Select(row => row.Duration.StartsWith('≤')).ShouldBe([false, true, false, false, false]);
    }

    [Fact]
    public async Task Siblings_with_different_children_or_status_are_not_folded() =>
        (await WaterfallAsync(
            Span(1, name: "load"),
            Call(2, 1, "Get"), Server(3, 2, "Get"),
            Call(4, 1, "Get", at: 1),
            Call(5, 1, "Get", at: 2) with { IsError = true }))
            .Rows.Select(row => row.Label).ShouldBe(["load", "MilvusService/Get", "MilvusService/Get", "MilvusService/Get", "✗ MilvusService/Get"]);

    [Fact]
    public async Task Errors_orphans_and_cycles_are_shown()
    {
        var report = await VerifyAsync(
            [.. Joined().Spans, Span(7, 2, "broken", isError: true), Span(8, 99, "lost"), Span(10, 11, "first"), Span(11, 10, "second"), Span(12, 12, "self")]);

        report.Waterfall!.Rows.Select(row => row.Label).ShouldBe(
            ["quick_setup", "MilvusService/Search", "MilvusService/Search", "✗ broken", "? lost", "first", "second", "self"], ignoreOrder: true);
        report.ToVerdictLine().ShouldContain(", 1 orphan, 1 error (in broken of milvus-client), 8 spans");
        report.Causes.Select(cause => cause.Code).ShouldContain(CauseCodes.ParentCycle);
    }

    [Fact]
    public async Task Of_a_large_trace_the_slowest_200_branches_are_shown()
    {
        var steps = Enumerable.Range(0, 5_000).Select(i => Span(100 + i, 1, $"step {i}", at: i, milliseconds: i == 4_321 ? 900 : 1));

        var waterfall = await WaterfallAsync([.. Joined().Spans, .. steps]);

        waterfall.Rows.Count.ShouldBe(200);
        waterfall.Rows.Select(row => row.Label).ShouldContain("step 4321");
        waterfall.OmittedNote.ShouldNotBeNull().ShouldContain("5,003 branches");
        waterfall.OmittedNote.ShouldContain("4,803 spans");
    }

    [Fact]
    public async Task The_Markdown_has_the_verdict_the_causes_the_links_and_then_the_branches_with_problems()
    {
        var steps = Enumerable.Range(0, 5_000).SelectMany(i => new[] { Span(1_000 + i, 1, $"step {i}", at: i), Span(10_000 + i, 1_000 + i, $"part {i}", at: i) });
        var report = await VerifyAsync([.. Joined().Spans, .. steps, Span(7, 10_050, "broken", milliseconds: 0.001, isError: true), Call(8, 1_060, milliseconds: 0.001)]);

        var markdown = report.ToMarkdown(new Uri("http://localhost:16686"), new Uri("http://localhost:18888"));

        string[] parts =
        [
            "**not joined: ", report.Causes[0].Message.Split(' ')[0], $"(http://localhost:18888/traces/detail/{TraceId})",
            $"(http://localhost:16686/trace/{TraceId})", "✗ broken",
        ];
        var positions = parts.Select(part => markdown.IndexOf(part, StringComparison.Ordinal)).ToList();
        positions.ShouldAllBe(position => position >= 0, markdown);
        positions.ShouldBeInOrder();
        markdown.ShouldContain("step 60");
        markdown.Split('\n').Count(line => line.EndsWith("(milvus-client)")).ShouldBeLessThan(25);
    }

    private static async Task<Waterfall> WaterfallAsync(params IEnumerable<Span> spans) => (await VerifyAsync(spans)).Waterfall.ShouldNotBeNull();
}
