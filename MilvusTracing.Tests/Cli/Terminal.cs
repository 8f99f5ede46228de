using Spectre.Console;

namespace MilvusTracing.Tests.Cli;

/// <summary>A terminal of a given width, without colours.</summary>
internal sealed class Terminal(TextWriter writer, int width) : IAnsiConsoleOutput
{
    public TextWriter Writer => writer;

    public bool IsTerminal => true;

    public int Width => width;

    public int Height => 50;

    /// <summary>Returns what a report draws.</summary>
    public static string Draw(int width, Action<IAnsiConsole> write)
    {
        var writer = new StringWriter { NewLine = "\n" };
        write(AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new Terminal(writer, width),
        }));
        return writer.ToString().ReplaceLineEndings("\n");
    }

    public void SetEncoding(System.Text.Encoding encoding)
    {
    }
}
