using MilvusTracing.Cli;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Cli;

public class TerminalReportTests
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
    public async Task A_terminal_shows_the_share_of_each_part_as_a_bar()
    {
        var explanation = Explanation.Of([await RecordedAsync("cluster-pass.json")], operation: "search");

        var drawn = Terminal.Draw(80, console => TerminalReport.Write(explanation, console));

        drawn.Split('\n').First(line => line.Contains("time tick")).ShouldMatch("time tick +477 ms +86.3 % +█{10,}");
        drawn.Split('\n').ShouldAllBe(line => line.Length <= 80);
        explanation.ToPlainText().ShouldNotContain("█");
        Terminal.Draw(30, console => TerminalReport.Write(explanation, console)).Split('\n').Where(line => line.StartsWith("  ") && !line.StartsWith("  >"))
            .ShouldAllBe(line => line.Length <= 30);
    }

    [Fact]
    public async Task A_narrow_terminal_gets_plain_text_within_its_width()
    {
        var text = await DrawAsync(40, [.. Joined().Spans, Span(9, 3, new string('長', 60))]);

        text.ShouldNotContain("█");
        text.Split('\n').TakeWhile(line => line.Trim().Length > 0).ShouldAllBe(line => new Spectre.Console.Rendering.Segment(line).CellCount() <= 40);
    }

    [Fact]
    public async Task A_trace_of_50_000_nested_spans_is_drawn()
    {
        Span[] spans = [.. Joined().Spans, .. Enumerable.Range(4, 50_000).Select(i => Span(i, i - 1, $"level {i}"))];

        var text = await DrawAsync(80, spans);

        text.ReplaceLineEndings(" ").ShouldContain("50003 spans");
        text.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    private static async Task<string> DrawAsync(int width, params IEnumerable<Span> spans)
    {
        var report = await VerifyAsync(spans);
        return Terminal.Draw(width, console => TerminalReport.Write(report, console));
    }
}
