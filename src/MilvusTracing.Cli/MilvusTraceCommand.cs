using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Cli;

/// <summary>The command line: arguments in, report and exit code out.</summary>
internal static class MilvusTraceCommand
{
    private const int MostTraces = 1_000;

    /// <summary>As shells tell of a program that Ctrl+C has ended: 128 and the signal's number.</summary>
    private const int Stopped = 130;

    private const string VerifyDescription = "Proves that a trace runs from a client's calls into Milvus, or says why not. Exit codes: 0 joined, 1 not joined, 2 could not check.";

    private const string ExplainDescription = "Tells where the time of Milvus's operations went: of one trace, or of the latest ones of a service. Exit codes: 0 explained, 1 nothing to explain, 2 could not ask.";

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var options = new SharedOptions();
        var root = new RootCommand($"{VerifyDescription} '{"explain"}' tells where the time went.");
        var verify = new Command("verify", VerifyDescription);
        options.AddTo(root, verify);
        foreach (var command in new Command[] { root, verify })
        {
            command.SetAction((parsed, cancellationToken) => VerifyAsync(options, parsed, output, error, cancellationToken));
        }

        root.Add(verify);
        root.Add(Explain(options, output, error));
        if (root.Options.OfType<HelpOption>().Single().Action is HelpAction help)
        {
            help.MaxWidth = Math.Max(help.MaxWidth, TerminalReport.NarrowestWidth); // it cannot wrap to a column
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(Printable.Of(parsed.Errors[0].Message));
            return (int)Outcome.CouldNotCheck;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error });
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped before the end.");
            return Stopped;
        }
    }

    private static Command Explain(SharedOptions options, TextWriter output, TextWriter error)
    {
        var last = new Option<int>("--last")
        {
            Description = "How many of the service's latest traces to read.",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => 50,
            CustomParser = result => int.TryParse(result.Tokens[0].Value, out var number) && number is >= 1 and <= MostTraces
                ? number
                : Refuse<int>(result, $"--last is '{result.Tokens[0].Value}', which is not a number of traces from 1 to {MostTraces}."),
        };
        var operation = new Option<string?>("--operation") { Description = "The only operation of interest, such as search or load_collection.", HelpName = "NAME" };
        var slowest = new Option<bool>("--slowest") { Description = "Explain the one slowest call alone." };
        var command = new Command("explain", ExplainDescription) { last, operation, slowest };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var backends = options.Backends(parsed, error);
            var explanation = await Waiting.ForAsync(error, "reading the traces", _ => TraceExplainer.ExplainAsync(
                new ExplanationRequest
                {
                    Backends = backends.All,
                    Trace = parsed.GetValue(options.Trace),
                    Service = parsed.GetValue(options.Service)!,
                    Wait = parsed.GetValue(options.Wait) ?? VerificationRequest.DefaultWait,
                    Last = parsed.GetValue(last),
                    Operation = parsed.GetValue(operation),
                    Slowest = parsed.GetValue(slowest),
                },
                cancellationToken));
            if (parsed.GetValue(options.Json))
            {
                await output.WriteLineAsync(explanation.ToJson());
            }
            else
            {
                TerminalReport.Write(explanation, Console(output));
            }

            return explanation.Operations.Count > 0 ? 0 : explanation.Failures.Count > 0 ? 2 : 1;
        });
        return command;
    }

    private static async Task<int> VerifyAsync(
        SharedOptions options, ParseResult parsed, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var backends = options.Backends(parsed, error);
        var request = new VerificationRequest
        {
            Backends = backends.All,
            Trace = parsed.GetValue(options.Trace),
            Service = parsed.GetValue(options.Service)!,
            Wait = parsed.GetValue(options.Wait) ?? VerificationRequest.DefaultWait,
        };
        var report = await Waiting.ForAsync(error, "reading the trace", progress => TraceVerifier.VerifyAsync(request, progress, cancellationToken));
        if (parsed.GetValue(options.Json))
        {
            await output.WriteLineAsync(report.ToJson());
        }
        else
        {
            TerminalReport.Write(report, Console(output));
        }

        return (int)report.Outcome;
    }

    /// <summary>Spectre's console over the process's own streams, or over a test's.</summary>
    internal static IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    internal static T? Refuse<T>(SymbolResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
