using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Cli;

/// <summary>Shows on the error stream that the command waits, so that its output stays clean.</summary>
internal static class Waiting
{
    private static readonly TimeSpan LineAfter = TimeSpan.FromSeconds(1);

    public static async Task<T> ForAsync<T>(TextWriter error, string what, Func<IProgress<VerificationProgress>, Task<T>> start)
    {
        var console = MilvusTraceCommand.Console(error);
        // A column is too narrow for the spinner, which then never ends.
        if (console.Profile.Out.IsTerminal && console.Profile.Width >= TerminalReport.NarrowestWidth)
        {
            return await console.Status().StartAsync(what, context => start(new Latest(progress => context.Status(Markup.Escape(progress.ToString())))));
        }

        // Elsewhere one line says that it waits.
        VerificationProgress? latest = null;
        var work = start(new Latest(progress => latest = progress));
        if (await Task.WhenAny(work, Task.Delay(LineAfter)) != work)
        {
            await error.WriteLineAsync(latest?.ToString() ?? what);
        }

        return await work;
    }

    private sealed class Latest(Action<VerificationProgress> show) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => show(value);
    }
}
