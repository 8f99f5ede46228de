using MilvusTracing.Cli;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

public class WaterfallTests
{
    [Fact]
    public async Task A_terminal_shows_tree_durations_and_bars_on_one_axis()
    {
        var lines = (await DrawAsync(81,
            Span(1, name: "quick_setup", milliseconds: 100),
            Call(2, 1, "Search", at: 0, milliseconds: 50),
            Server(3, 2, "Search", at: 25, milliseconds: 25),
            Call(4, 1, "Query", at: 50, milliseconds: 50),
            Server(5, 4, "Query", at: 75, milliseconds: 25))).Split('\n');

        var bars = lines.Where(line => line.Contains(" ms  ")).Select(line => line[(line.IndexOf(" ms  ", StringComparison.Ordinal) + 5)..].TrimEnd()).ToList();
        bars.Count.ShouldBe(5);
        var full = bars[0].Length;
        bars[0].ShouldBe(new string('█', full));
        bars[1].ShouldBe(new string('█', full / 2));
        bars[4].Trim().ShouldAllBe(c => c == '▓');
        bars[4].Length.ShouldBe(full, "the last bar ends where the trace ends");
        lines.ShouldContain(line => line.StartsWith("│ └ MilvusService/Search "));
        lines.ShouldContain(line => line.StartsWith("  └ MilvusService/Query "));
        lines.ShouldAllBe(line => line.Length <= 81);
    }

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
    public async Task A_narrow_terminal_gets_plain_text_within_its_width()
    {
        var text = await DrawAsync(40, [.. Joined().Spans, Span(9, 3, new string('長', 60))]);

        text.ShouldNotContain("█");
        text.Split('\n').TakeWhile(line => line.Trim().Length > 0).ShouldAllBe(line => new Spectre.Console.Rendering.Segment(line).CellCount() <= 40);
    }

    [Fact]
    public async Task Names_cannot_control_the_terminal()
    {
        Span[] spans = [.. Joined().Spans, Span(7, 2, "evil\u001b[2J\r\nname \u202e[red]", service: "s\u001b]0;x")];

        var text = await DrawAsync(100, spans) + (await VerifyAsync(spans)).ToPlainText().ReplaceLineEndings("\n");

        text.ShouldContain("[red]");
        text.Where(c => char.IsControl(c) && c != '\n').ShouldBeEmpty();
        text.ShouldNotContain("\u202e");
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
    public async Task A_trace_of_50_000_nested_spans_is_drawn()
    {
        Span[] spans = [.. Joined().Spans, .. Enumerable.Range(4, 50_000).Select(i => Span(i, i - 1, $"level {i}"))];

        var text = await DrawAsync(80, spans);

        text.ReplaceLineEndings(" ").ShouldContain("50003 spans");
        text.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    private static async Task<Waterfall> WaterfallAsync(params IEnumerable<Span> spans) => (await VerifyAsync(spans)).Waterfall.ShouldNotBeNull();

    private static async Task<string> DrawAsync(int width, params IEnumerable<Span> spans)
    {
        var report = await VerifyAsync(spans);
        return Terminal.Draw(width, console => TerminalReport.Write(report, console));
    }
}
