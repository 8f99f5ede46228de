using MilvusTracing.Verification;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MilvusTracing.Cli;

/// <summary>The reports on a terminal: bars and colours. Where the console is no terminal, or too narrow for bars, they are the library's plain text.</summary>
internal static class TerminalReport
{
    /// <summary>Columns; what is narrower gets plain text.</summary>
    public const int NarrowestWidth = 60;

    private const int DurationWidth = 9;

    private static readonly Color[] Palette =
        [Color.DeepSkyBlue1, Color.MediumSpringGreen, Color.Orange1, Color.MediumPurple1, Color.Yellow2, Color.HotPink, Color.Grey70];

    /// <summary>Where there are no colours, services differ by their bars.</summary>
    private static readonly string[] Bars = ["█", "▓", "▒", "░", "■", "▪", "="];

    public static void Write(VerificationReport report, IAnsiConsole console)
    {
        var waterfallLines = report.ToWaterfall().Split(Environment.NewLine).Length;
        if (WritePlain(console, report.ToPlainText, (_, i) => report.Trace is not null && i < waterfallLines))
        {
            return;
        }

        if (report.Snapshot.Graph is { } graph)
        {
            WriteWaterfall(report, Waterfall.Of(graph), console, console.Profile.Width - 1);
            console.WriteLine();
        }

        console.Write(new Text(report.ToVerdictLine() + "\n", report.Outcome == Outcome.Joined && !report.Verdict!.RootFailed ? Color.Green : Color.Red));
        var number = 0;
        foreach (var cause in report.Causes)
        {
            console.WriteLine();
            console.Write(new Padder(new Text($"{++number}. {cause.Message}"), new Padding(0)));
            console.Write(new Padder(new Text(cause.Fix, Color.Grey70), new Padding(3, 0, 0, 0)));
        }
    }

    public static void Write(Explanation explanation, IAnsiConsole console)
    {
        if (WritePlain(console, explanation.ToPlainText, (line, _) => line.StartsWith("  ", StringComparison.Ordinal) && !line.StartsWith("  >", StringComparison.Ordinal)))
        {
            return;
        }

        foreach (var operation in explanation.Operations)
        {
            console.Write(new Padder(new Text(ExplanationText.Heading(operation)), new Padding(0)));
            foreach (var part in operation.Parts)
            {
                var row = ExplanationText.Row(operation, part);
                var bar = new string('█', Math.Max(0, (int)Math.Round(part.Share * (console.Profile.Width - row.Length - 5))));
                console.Write(new Text($"  {row}  {(bar.Length == 0 ? "▏" : bar)}\n", part == operation.Parts[0] ? Color.Orange1 : Color.DeepSkyBlue1));
            }

            foreach (var advice in operation.Advice)
            {
                console.Write(new Padder(new Text(advice, Color.Yellow2), new Padding(2, 0, 0, 0)));
            }

            console.WriteLine();
        }

        foreach (var remark in ExplanationText.Remarks(explanation))
        {
            console.WriteLine(remark);
        }
    }

    /// <summary>Rows are cut to the width of a terminal; what is a sentence wraps.</summary>
    private static bool WritePlain(IAnsiConsole console, Func<string> text, Func<string, int, bool> isRow)
    {
        var isTerminal = console.Profile.Out.IsTerminal;
        if (isTerminal && console.Profile.Width >= NarrowestWidth)
        {
            return false;
        }

        foreach (var (i, line) in text().Split(Environment.NewLine).Index())
        {
            console.Profile.Out.Writer.WriteLine(isTerminal && isRow(line, i) ? Cells.Cut(line, console.Profile.Width) : line);
        }

        return true;
    }

    private static void WriteWaterfall(VerificationReport report, Waterfall waterfall, IAnsiConsole console, int width)
    {
        var colours = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var services = report.Verdict!.Services.Keys.Select((service, i) => (service, i)).ToDictionary(pair => pair.service, pair => pair.i);
        var start = report.Trace!.Start;
        var total = report.Trace.End - start;
        console.WriteLine(Cells.Cut(ReportText.Heading(report), width));

        var legend = new Paragraph();
        foreach (var (service, i) in services.Take(Palette.Length * 2))
        {
            legend.Append($"{Bar(i)} {service}  ", Colour(i));
        }

        console.Write(legend);
        console.WriteLine();
        console.WriteLine();

        var labels = waterfall.Rows.Select(row => (Tree: TreePrefix(row.Continues, width / 4), row.Label)).ToList();
        var labelWidth = Math.Min(width / 2, labels.Max(label => Cells.Width(label.Tree + label.Label)));
        var barWidth = width - labelWidth - DurationWidth - 2;
        var axisEnd = Format.Duration(total);
        console.Write(new Text(new string(' ', width - barWidth) + "0" + axisEnd.PadLeft(barWidth - 1) + "\n", Color.Grey));
        foreach (var (row, label) in waterfall.Rows.Zip(labels))
        {
            var service = services[row.Span.Service];
            var (from, bar) = Place(row, start, total, barWidth, colours ? "▏" : Bar(service), Bar(service));
            var line = new Paragraph();
            line.Append(label.Tree, Color.Grey);
            line.Append(
                Cells.Pad(label.Label, labelWidth - Cells.Width(label.Tree)),
                row.Span.IsError ? Color.Red : row.IsOrphan ? Color.Yellow : Color.Default);
            line.Append(row.Duration.PadLeft(DurationWidth) + "  ");
            line.Append(new string(' ', from) + bar, row.Span.IsError ? Color.Red : Colour(service));
            console.Write(line);
            console.WriteLine();
        }

        if (waterfall.LeftOutNote is { } note)
        {
            console.WriteLine(note);
        }

        Color Colour(int service) => Palette[service % Palette.Length];
        string Bar(int service) => colours ? Bars[0] : Bars[service % Bars.Length];
    }

    /// <summary>Where a row's bar begins, and the bar; what is shorter than half a cell is a thin line.</summary>
    private static (int From, string Bar) Place(WaterfallRow row, DateTimeOffset start, TimeSpan total, int width, string thin, string full)
    {
        var scale = total > TimeSpan.Zero ? width / (double)total.Ticks : 0;
        var from = Math.Clamp((int)((row.Start - start).Ticks * scale), 0, width - 1);
        var to = Math.Clamp((int)Math.Round((row.End - start).Ticks * scale), from + 1, width);
        return (from, (row.End - row.Start).Ticks * scale < 0.5 ? thin : string.Concat(Enumerable.Repeat(full, to - from)));
    }

    /// <summary>The lines of the tree; of a deep branch only the innermost, so that the name stays readable.</summary>
    private static string TreePrefix(IReadOnlyList<bool> continues, int width)
    {
        if (continues.Count == 0)
        {
            return "";
        }

        var most = width / 2;
        var isDeep = continues.Count > most;
        var levels = isDeep ? continues.Skip(continues.Count - most + 1) : continues;
        return (isDeep ? "⋯ " : "")
            + string.Concat(levels.SkipLast(1).Select(continues => continues ? "│ " : "  "))
            + (continues[^1] ? "├ " : "└ ");
    }

    /// <summary>Text measured in terminal cells: a wide character takes two.</summary>
    private static class Cells
    {
        public static int Width(string text) => new Segment(text).CellCount();

        /// <summary>Cuts to a width, with an ellipsis for what is missing.</summary>
        public static string Cut(string text, int width)
        {
            if (Width(text) <= width)
            {
                return text;
            }

            var end = Math.Min(text.Length, width);
            while (end > 0 && (Width(text[..end]) > width - 1 || char.IsHighSurrogate(text[end - 1])))
            {
                end--;
            }

            return text[..end] + "…";
        }

        public static string Pad(string text, int width)
        {
            var cut = Cut(text, width);
            return cut + new string(' ', Math.Max(0, width - Width(cut)));
        }
    }
}
