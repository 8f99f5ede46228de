using MilvusTracing.Verifier.Verification;
using Spectre.Console;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>The report on a terminal: tree, durations and bars on a common time axis, one colour a service.</summary>
internal static class ConsoleReport
{
    private const int NarrowestWidth = 60;
    private const int DurationWidth = 9;

    private static readonly Color[] Palette =
        [Color.DeepSkyBlue1, Color.MediumSpringGreen, Color.Orange1, Color.MediumPurple1, Color.Yellow2, Color.HotPink, Color.Grey70];

    /// <summary>Where there are no colours, services differ by their bars.</summary>
    private static readonly string[] Bars = ["█", "▓", "▒", "░", "■", "▪", "="];

    public static void Write(VerificationReport report, TraceGraph? graph, IAnsiConsole console)
    {
        var width = console.Profile.Width;
        if (!console.Profile.Out.IsTerminal || width < NarrowestWidth)
        {
            console.Profile.Out.Writer.WriteLine(PlainText.Of(report, graph, console.Profile.Out.IsTerminal ? width : null));
            return;
        }

        if (graph is not null)
        {
            WriteWaterfall(report, graph, console, width - 1);
            console.WriteLine();
        }

        WriteVerdict(report, console);
    }

    private static void WriteWaterfall(VerificationReport report, TraceGraph graph, IAnsiConsole console, int width)
    {
        var waterfall = Waterfall.Of(graph);
        var colours = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var services = report.Verdict!.Services.Keys.Select((service, i) => (service, i)).ToDictionary(pair => pair.service, pair => pair.i);
        var start = report.Trace!.Start;
        var total = report.Trace.End - start;
        console.WriteLine(Cells.Cut(PlainText.Heading(report, total), width));

        var legend = new Paragraph();
        foreach (var (service, i) in services)
        {
            legend.Append($"{Bar(i)} {Printable.Of(service)}  ", Colour(i));
        }

        console.Write(legend);
        console.WriteLine();
        console.WriteLine();

        var labels = waterfall.Rows.Select(row => (Tree: TreePrefix(row.Continues, width / 4), row.Label)).ToList();
        var labelWidth = Math.Min(width / 2, labels.Max(label => Cells.Width(label.Tree + label.Label)));
        var barWidth = width - labelWidth - DurationWidth - 2;
        var axisEnd = Durations.Format(total);
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

    private static void WriteVerdict(VerificationReport report, IAnsiConsole console)
    {
        console.Write(new Text(report.ToVerdictLine(), report.Outcome == Outcome.Joined ? Color.Green : Color.Red));
        console.WriteLine();
        var number = 0;
        foreach (var cause in report.Causes)
        {
            console.WriteLine();
            console.Write(new Padder(new Text($"{++number}. {Printable.Of(cause.Message)}"), new Padding(0)));
            console.Write(new Padder(new Text(Printable.Of(cause.Mend), Color.Grey70), new Padding(3, 0, 0, 0)));
        }
    }
}
