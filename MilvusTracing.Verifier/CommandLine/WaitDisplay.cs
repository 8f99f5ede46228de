using MilvusTracing.Verifier.Verification;
using Spectre.Console;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>Shows on the error stream that the verifier waits, so that its output stays clean.</summary>
internal static class WaitDisplay
{
    private static readonly TimeSpan LineAfter = TimeSpan.FromSeconds(1);

    public static async Task<VerificationReport> ShowAsync(
        TextWriter error, Func<IProgress<VerificationProgress>, Task<VerificationReport>> verify)
    {
        var console = Consoles.For(error);
        if (!console.Profile.Out.IsTerminal)
        {
            return await verify(new OneLine(error));
        }

        return await console.Status().StartAsync(
            "reading the trace", context => verify(new Spinner(text => context.Status(Markup.Escape(text)))));
    }

    private sealed class Spinner(Action<string> show) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => show(value.ToString());
    }

    /// <summary>Where the error stream is no terminal, one line says that it waits.</summary>
    private sealed class OneLine(TextWriter error) : IProgress<VerificationProgress>
    {
        private bool _written;

        public void Report(VerificationProgress value)
        {
            if (!_written && value.Elapsed >= LineAfter)
            {
                error.WriteLine(value.ToString());
                _written = true;
            }
        }
    }
}
