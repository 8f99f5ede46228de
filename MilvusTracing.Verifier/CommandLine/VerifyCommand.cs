using System.CommandLine;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>The command line: arguments in, report and exit code out.</summary>
internal static class VerifyCommand
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var options = new VerifyOptions();
        var command = new RootCommand("Proves that a trace runs from a client's calls into Milvus, or says why not. Exit codes: 0 joined, 1 not joined, 2 could not check.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => VerifyAsync(options, parsed, output, error, cancellationToken));

        var parsed = command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(parsed.Errors[0].Message);
            return (int)Outcome.CouldNotCheck;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error });
    }

    private static async Task<int> VerifyAsync(
        VerifyOptions options, ParseResult parsed, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var run = options.ToRun(parsed);
        if (run.Note is not null)
        {
            await error.WriteLineAsync(run.Note);
        }

        try
        {
            var report = await WaitDisplay.ShowAsync(error, progress => TraceVerifier.VerifyAsync(run.Request, progress, cancellationToken));
            if (run.Json)
            {
                await output.WriteLineAsync(report.ToJson());
            }
            else
            {
                report.WriteTo(Consoles.For(output));
            }

            return (int)report.Outcome;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped before the verdict.");
            return (int)Outcome.CouldNotCheck;
        }
    }
}
