using MilvusTracing.Verification;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MilvusTracing.Cli;

/// <summary>Writes reports with bars and colors to a terminal, and as plain text to a file, a pipe or a narrow terminal.</summary>
internal static class TerminalReport
{
    /// <summary>Narrower terminals get plain text.</summary>
    public const int MinWidth = 60;

    private const int DurationWidth = 9;

    private static readonly Color[] Palette =
        [Color.DeepSkyBlue1, Color.MediumSpringGreen, Color.Orange1, Color.MediumPurple1, Color.Yellow2, Color.HotPink, Color.Grey70];

    /// <summary>Distinguish services on terminals without colors.</summary>
    private static readonly char[] Bars = ['█', '▓', '▒', '░', '■', '▪', '='];

    public static void Write(VerificationReport report, IAnsiConsole console, TimeSpan wait = default)
    {
        if (report.Waterfall is { } waterfall)
        {
            if (IsWide(console))
            {
                WriteWaterfall(report, waterfall, console);
            }
            else
            {
                WriteRows(waterfall.ToPlainText(), console);
            }

            WriteLine(console, "");
        }

        WriteLine(console, report.ToVerdictLine(), report.Outcome == Outcome.Joined && !report.Verdict!.RootFailed ? Color.Green : Color.Red);
        foreach (var (i, cause) in report.Causes.Index())
        {
            WriteLine(console, $"{i + 1}. {cause.Message}");
            WriteLine(console, $"   {cause.Fix}", Color.Grey70);
            if (Hints.For(cause, wait) is { } hint)
            {
                WriteLine(console, $"   {hint}", Color.Grey70);
            }
        }
    }

    /// <summary>Writes an explanation, or only the comparison if there is one.</summary>
    public static void Write(Explanation explanation, IAnsiConsole console, TimeSpan wait = default, Comparison? comparison = null)
    {
        if (comparison is not null)
        {
            WriteRows(comparison.ToPlainText(), console);
        }

        foreach (var operation in comparison is null ? explanation.Operations : [])
        {
            WriteLine(console, operation.ToString());
            if (IsWide(console))
            {
                var rows = operation.ToRows();
                var barWidth = console.Profile.Width - rows[0].Length - 5;
                var table = Table(new TableColumn("") { Width = rows[0].Length + 4 }, new TableColumn("") { Width = barWidth });
                foreach (var (row, part) in rows.Zip(operation.Parts))
                {
                    var bar = new string('█', (int)Math.Round(part.Share * barWidth));
                    var color = part == operation.Parts[0] ? Color.Orange1 : Color.DeepSkyBlue1;
                    table.AddRow(new Text($"  {row}"), new Text(bar.Length == 0 ? "▏" : bar, color));
                }

                console.Write(table);
            }
            else
            {
                WriteRows(string.Join(Environment.NewLine, operation.ToRows().Select(row => $"  {row}")), console);
            }

            foreach (var node in operation.Nodes)
            {
                WriteRows($"  {node}", console);
            }

            foreach (var sentence in operation.Difference is { } difference ? operation.Advice.Prepend(difference.ToString()) : operation.Advice)
            {
                WriteLine(console, $"  > {sentence}", Color.Yellow2);
            }

            WriteLine(console, "");
        }

        foreach (var failure in explanation.Failures)
        {
            WriteLine(console, $"{failure.Message} {failure.Fix} {Hints.For(failure, wait)}".TrimEnd());
        }

        if (explanation.ToRemark() is { } remark)
        {
            WriteLine(console, explanation.Traces == 0 ? $"{remark} {Hints.NoTrace}" : remark);
        }
    }

    private static bool IsWide(IAnsiConsole console) => console.Profile.Out.IsTerminal && console.Profile.Width >= MinWidth;

    /// <summary>Writes a sentence. A terminal wraps it; a file or pipe gets it on one line.</summary>
    private static void WriteLine(IAnsiConsole console, string text, Color? color = null)
    {
        if (IsWide(console))
        {
            var indent = text.Length - text.TrimStart().Length;
            console.Write(new Padder(new Text(text.TrimStart(), color ?? Color.Default), new Padding(indent, 0, 0, 0)));
        }
        else
        {
            console.Profile.Out.Writer.WriteLine(text);
        }
    }

    /// <summary>Writes rows of plain text, each cut to the width of a narrow terminal.</summary>
    private static void WriteRows(string rows, IAnsiConsole console)
    {
        foreach (var row in rows.Split(Environment.NewLine))
        {
            console.Profile.Out.Writer.WriteLine(console.Profile.Out.IsTerminal ? Cut(row, console.Profile.Width) : row);
        }
    }

    private static void WriteWaterfall(VerificationReport report, Waterfall waterfall, IAnsiConsole console)
    {
        var width = console.Profile.Width - 1;
        var hasColors = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var services = report.Verdict!.Services.Keys.Index().ToDictionary(service => service.Item, service => service.Index);
        console.WriteLine(Cut(waterfall.Title, width));
        var legend = new Paragraph();
        foreach (var (service, i) in services.Take(2 * Palette.Length))
        {
            legend.Append($"{BarOf(i)} {service}  ", ColorOf(i));
        }

        console.Write(legend);
        console.WriteLine();
        console.WriteLine();

        var trees = waterfall.Rows.Select(row => TreePrefix(row.Continues, width / 8)).ToList();
        var labelWidth = Math.Min(width / 2, waterfall.Rows.Zip(trees, (row, tree) => CellCount(tree + row.Label)).Max());
        var barWidth = width - labelWidth - DurationWidth - 2;
        var table = Table(
            new TableColumn("") { Width = labelWidth },
            new TableColumn("") { Width = DurationWidth + 2 },
            new TableColumn(new Text(waterfall.Duration, Color.Grey) { Justification = Justify.Right }) { Width = barWidth });
        table.ShowHeaders = true;
        foreach (var (row, tree) in waterfall.Rows.Zip(trees))
        {
            var service = services[row.Span.Service];
            table.AddRow(
                new Paragraph(tree, Color.Grey).Append(
                    Cut(row.Label, labelWidth - CellCount(tree)),
                    row.Span.IsError ? Color.Red : row.Label.StartsWith('?') ? Color.Yellow : Color.Default),
                new Text(row.Duration.PadLeft(DurationWidth)),
                new Text(Bar(row, report.Trace!, barWidth, hasColors ? '▏' : BarOf(service), BarOf(service)), row.Span.IsError ? Color.Red : ColorOf(service)));
        }

        console.Write(table);
        if (waterfall.OmittedNote is { } note)
        {
            console.WriteLine(note);
        }

        Color ColorOf(int service) => Palette[service % Palette.Length];
        char BarOf(int service) => hasColors ? Bars[0] : Bars[service % Bars.Length];
    }

    private static Table Table(params TableColumn[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        Array.ForEach(columns, column => table.AddColumn(column.Padding(0, 0)));
        return table;
    }

    /// <summary>A row's bar on the time axis. A span shorter than half a cell is a thin line.</summary>
    private static string Bar(WaterfallRow row, TraceData trace, int width, char thin, char full)
    {
        var total = trace.End - trace.Start;
        var scale = total > TimeSpan.Zero ? width / (double)total.Ticks : 0;
        var from = Math.Clamp((int)((row.Start - trace.Start).Ticks * scale), 0, width - 1);
        var to = Math.Clamp((int)Math.Round((row.End - trace.Start).Ticks * scale), from + 1, width);
        return new string(' ', from) + ((row.End - row.Start).Ticks * scale < 0.5 ? $"{thin}" : new string(full, to - from));
    }

    /// <summary>The lines of the tree. A deep branch shows only its innermost levels, so that the name stays readable.</summary>
    private static string TreePrefix(IReadOnlyList<bool> continues, int maxLevels)
    {
        var isDeep = continues.Count > maxLevels;
        var levels = isDeep ? continues.Skip(continues.Count - maxLevels + 1) : continues;
        return continues.Count == 0
            ? ""
            : (isDeep ? "⋯ " : "") + string.Concat(levels.SkipLast(1).Select(goesOn => goesOn ? "│ " : "  ")) + (continues[^1] ? "├ " : "└ ");
    }

    private static int CellCount(string text) => new Segment(text).CellCount();

    /// <summary>Cuts text to a width in terminal cells, of which a wide character takes two.</summary>
    private static string Cut(string text, int width)
    {
        if (CellCount(text) <= width)
        {
            return text;
        }

        var end = Math.Min(text.Length, width);
        while (end > 0 && (CellCount(text[..end]) > width - 1 || char.IsHighSurrogate(text[end - 1])))
        {
            end--;
        }

        return text[..end] + "…";
    }
}
