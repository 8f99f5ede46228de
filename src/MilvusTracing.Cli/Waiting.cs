using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Cli;

/// <summary>Shows on standard error that the command waits, so that standard output has only the report.</summary>
internal static class Waiting
{
    private static readonly TimeSpan MessageDelay = TimeSpan.FromSeconds(1);

    public static async Task<T> ForAsync<T>(TextWriter error, string message, Func<IProgress<VerificationProgress>, Task<T>> start)
    {
        var console = MilvusTraceCommand.Console(error);

        // Spectre's spinner never ends on a terminal of one column.
        if (console.Profile.Out.IsTerminal && console.Profile.Width >= TerminalReport.MinWidth)
        {
            return await console.Status().StartAsync(message, context => start(new Progress(progress => context.Status(Markup.Escape(progress.ToString())))));
        }

        VerificationProgress? latest = null;
        var work = start(new Progress(progress => latest = progress));
        if (await Task.WhenAny(work, Task.Delay(MessageDelay)) != work)
        {
            await error.WriteLineAsync(latest?.ToString() ?? message);
        }

        return await work;
    }

    /// <summary>Calls back at once, unlike <see cref="Progress{T}"/>, which posts to the thread pool.</summary>
    private sealed class Progress(Action<VerificationProgress> report) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => report(value);
    }
}
