using Spectre.Console;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>Spectre's consoles over the process's own streams, or over a test's.</summary>
internal static class Consoles
{
    public static IAnsiConsole For(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
}
