using MilvusTracing.Verification;
using MilvusTracing.Cli;
using static MilvusTracing.Tests.Verifier.Spans;

namespace MilvusTracing.Tests.Verifier;

public class WaterfallTests
{
    [Fact]
    public async Task A_terminal_shows_tree_durations_and_bars_on_one_axis()
    {
        var trace = Trace(
            Span(1, name: "quick_setup", milliseconds: 100),
            Call(2, 1, "Search", at: 0, milliseconds: 50),
            Server(3, 2, "Search", at: 25, milliseconds: 25),
            Call(4, 1, "Query", at: 50, milliseconds: 50),
            Server(5, 4, "Query", at: 75, milliseconds: 25));

        var lines = (await DrawAsync(trace, width: 81)).Split('\n');
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

        var text = await PlainAsync(Trace([Span(1, name: "load"), .. polls, Call(30, 1, "Search", at: 9), Server(31, 30, at: 9)]));

        Names(text).ShouldBe(["load", "MilvusService/GetLoadState ×6", "MilvusService/GetLoadState", "MilvusService/Search", "MilvusService/Search"]);
        text.Split('\n').Where(line => line.Contains('≤')).ShouldHaveSingleItem().ShouldContain("GetLoadState ×6", customMessage: "its duration is the longest of six");
    }

    [Fact]
    public async Task Siblings_that_differ_below_or_failed_are_not_folded()
    {
        var text = await PlainAsync(Trace(
            Span(1, name: "load"),
            Call(2, 1, "Get"), Server(3, 2, "Get"),
            Call(4, 1, "Get", at: 1),
            Call(5, 1, "Get", at: 2) with { IsError = true }));

        Names(text).ShouldBe(["load", "MilvusService/Get", "MilvusService/Get", "MilvusService/Get", "✗ MilvusService/Get"]);
    }

    [Fact]
    public async Task Errors_and_orphans_are_marked()
    {
        var trace = Trace([.. Joined().Spans, Span(7, 2, "broken", isError: true), Span(8, 99, "lost")]);

        var text = await PlainAsync(trace);

        Names(text).ShouldContain("✗ broken");
        Names(text).ShouldContain("? lost");
        text.ShouldContain(", 1 orphan, 1 error (in broken of milvus-client), 5 spans");
    }

    [Fact]
    public async Task A_narrow_terminal_gets_plain_text_within_its_width()
    {
        var text = await DrawAsync(Trace([.. Joined().Spans, Span(9, 3, new string('長', 60))]), width: 40);

        text.ShouldNotContain("█");
        text.Split('\n').TakeWhile(line => line.Trim().Length > 0).ShouldAllBe(line => Spectre.Console.Rendering.Segment.CellCount(new[] { new Spectre.Console.Rendering.Segment(line) }) <= 40);
    }

    [Fact]
    public async Task Names_cannot_steer_the_terminal()
    {
        var trace = Trace([.. Joined().Spans, Span(7, 2, "evil\u001b[2J\r\nname \u202e[red]", service: "s\u001b]0;x")]);

        var text = await DrawAsync(trace, width: 100) + await PlainAsync(trace);

        text.ShouldContain("[red]");
        text.Where(c => char.IsControl(c) && c != '\n').ShouldBeEmpty();
        text.ShouldNotContain("\u202e");
    }

    [Fact]
    public async Task Of_a_large_trace_the_slowest_200_branches_are_shown()
    {
        var steps = Enumerable.Range(0, 5_000).Select(i => Span(100 + i, 1, $"step {i}", at: i, milliseconds: i == 4_321 ? 900 : 1));
        var text = await PlainAsync(Trace([.. Joined().Spans, .. steps]));

        Names(text).Count().ShouldBe(200);
        text.ShouldContain("step 4321 ");
        text.ShouldContain("The 200 slowest of 5,003 branches are shown; 4,803 spans in the others are left out");
        text.ShouldContain("5003 spans (");
    }

    [Fact]
    public async Task A_trace_of_50_000_nested_spans_is_drawn()
    {
        var chain = Enumerable.Range(4, 50_000).Select(i => Span(i, i - 1, $"level {i}"));
        var trace = Trace([.. Joined().Spans, .. chain]);

        (await PlainAsync(trace)).ShouldContain("50003 spans");
        (await DrawAsync(trace, width: 80)).Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Fact]
    public async Task Parents_in_a_circle_are_drawn_and_told()
    {
        var text = await PlainAsync(Trace([.. Joined().Spans, Span(7, 8, "hen"), Span(8, 7, "egg"), Span(9, 9, "self")]));

        Names(text).ShouldContain("hen");
        Names(text).ShouldContain("egg");
        Names(text).ShouldContain("self");
        text.ShouldContain("Parent ids run in a circle");
    }

    private static IEnumerable<string> Names(string plainText) => plainText.Split('\n').Skip(1)
        .Select(line => System.Text.RegularExpressions.Regex.Match(line, @"^ *≤?[\d.]+ \S+ +[\d.]+ \S+ +(.*) \([^)]*\)$"))
        .TakeWhile(row => row.Success)
        .Select(row => row.Groups[1].Value);

    private static async Task<string> PlainAsync(TraceData trace) => (await ReportAsync(trace)).ToPlainText().ReplaceLineEndings("\n");

    private static async Task<string> DrawAsync(TraceData trace, int width)
    {
        var report = await ReportAsync(trace);
        return Terminal.Draw(width, console => TerminalReport.Write(report, console));
    }

    private static Task<VerificationReport> ReportAsync(TraceData trace) => TraceVerifier.VerifyAsync(
        new VerificationRequest { Backends = [new MemoryBackend("jaeger", trace)], Trace = new TraceReference(trace.Id), Wait = TimeSpan.Zero });
}
