using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Cli;

/// <summary>The commands of <c>milvus-trace</c>.</summary>
internal static class MilvusTraceCommand
{
    private const int MaxTraces = 1_000;

    /// <summary>The exit code of a program ended by Ctrl+C: 128 plus the signal's number.</summary>
    private const int Canceled = 130;

    private const string VerifyDescription =
        "Verifies that a trace runs from a client's calls into Milvus, or finds the cause if not. Exit codes: 0 joined, 1 not joined, 2 could not check.";

    private const string ExplainDescription =
        "Explains where the time of Milvus's operations is spent, in one trace or in the latest of a service. Exit codes: 0 explained, 1 nothing "
            + "to explain, 2 could not read.";

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var options = new SharedOptions();
        var root = new RootCommand($"{VerifyDescription} 'explain' shows where the time is spent.");
        var verify = new Command("verify", VerifyDescription);
        var explain = Explain(options, output, error);
        options.AddTo(root, verify, explain);
        foreach (var command in new Command[] { root, verify })
        {
            command.SetAction((parsed, cancellationToken) => VerifyAsync(options, parsed, output, error, cancellationToken));
        }

        root.Add(verify);
        root.Add(explain);
        if (root.Options.OfType<HelpOption>().Single().Action is HelpAction help)
        {
            help.MaxWidth = Math.Max(help.MaxWidth, TerminalReport.MinWidth); // The help cannot wrap to one column.
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(string.Concat(parsed.Errors[0].Message.Select(c => char.IsControl(c) ? '\uFFFD' : c)));
            return (int)Outcome.CouldNotCheck;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error });
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Canceled.");
            return Canceled;
        }
    }

    private static async Task<int> VerifyAsync(SharedOptions options, ParseResult parsed, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var backends = options.OpenBackends(parsed, error);
        var request = new VerificationRequest
        {
            Backends = backends.All,
            Trace = parsed.GetValue(options.Trace),
            Service = parsed.GetValue(options.Service)!,
            Wait = options.GetWait(parsed),
        };
        var report = await Waiting.ForAsync(error, "reading the trace", progress => TraceVerifier.VerifyAsync(request, progress, cancellationToken));
        if (parsed.GetValue(options.Json))
        {
            await output.WriteLineAsync(report.ToJson());
        }
        else
        {
            TerminalReport.Write(report, Console(output), request.Wait);
        }

        return (int)report.Outcome;
    }

    private static Command Explain(SharedOptions options, TextWriter output, TextWriter error)
    {
        var last = new Option<int>("--last")
        {
            Description = "How many of the service's latest traces to read.",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => 50,
            CustomParser = result => int.TryParse(result.Tokens[0].Value, out var number) && number is >= 1 and <= MaxTraces
                ? number
                : Reject<int>(result, $"--last is '{result.Tokens[0].Value}', which is not a number of traces from 1 to {MaxTraces}."),
        };
        var operation = new Option<string?>("--operation") { Description = "Explain one operation, such as search or load_collection.", HelpName = "NAME" };
        var slowest = new Option<bool>("--slowest") { Description = "Explain only the slowest call." };
        var command = new Command("explain", ExplainDescription) { last, operation, slowest };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var backends = options.OpenBackends(parsed, error);
            var request = new ExplanationRequest
            {
                Backends = backends.All,
                Trace = parsed.GetValue(options.Trace),
                Service = parsed.GetValue(options.Service)!,
                Wait = options.GetWait(parsed),
                Last = parsed.GetValue(last),
                Operation = parsed.GetValue(operation),
                Slowest = parsed.GetValue(slowest),
            };
            var explanation = await Waiting.ForAsync(error, "reading the traces", _ => TraceExplainer.ExplainAsync(request, cancellationToken));
            if (parsed.GetValue(options.Json))
            {
                await output.WriteLineAsync(explanation.ToJson());
            }
            else
            {
                TerminalReport.Write(explanation, Console(output), request.Wait);
            }

            return explanation.Operations.Count > 0 ? 0 : explanation.Failures.Count > 0 ? 2 : 1;
        });
        return command;
    }

    internal static IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    internal static T? Reject<T>(SymbolResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
