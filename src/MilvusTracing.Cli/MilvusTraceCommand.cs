using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using MilvusTracing.Verification;
using Spectre.Console;

namespace MilvusTracing.Cli;

/// <summary>The commands of <c>milvus-trace</c>.</summary>
internal static class MilvusTraceCommand
{
    public const int MaxTraces = 1_000;

    private const int MaxGrowth = 1_000_000;

    /// <summary>The exit code of a program ended by Ctrl+C: 128 plus the signal's number.</summary>
    private const int Canceled = 130;

    private const string VerifyDescription =
        "Verifies that a trace runs from a client's calls into Milvus, or finds the cause if not. Exit codes: 0 joined, 1 not joined, 2 could not check.";

    private const string ExplainDescription =
        "Explains where the time of Milvus's operations is spent, in one trace or in the latest of a service, and what changed. Exit codes: "
            + "0 explained, 1 nothing to explain or slower than --fail-above allows, 2 could not read or compare.";

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var options = new SharedOptions();
        var root = new RootCommand($"{VerifyDescription} 'explain' shows where the time is spent.");
        var verify = new Command("verify", VerifyDescription);
        var explain = Explain(options, output, error);
        var mcp = new Command("mcp", "Serves the commands as tools to agents, by the Model Context Protocol on standard input and output.");
        mcp.SetAction((parsed, cancellationToken) => new McpTools(options, parsed, output, error).ServeAsync(cancellationToken));
        options.AddTo(root, verify, explain, mcp);

        // A command's help lists the arguments of the root, too: the root has some only if no command is named.
        foreach (var command in args is ["verify" or "explain" or "mcp", ..] ? new Command[] { verify, explain } : [root, verify, explain])
        {
            command.Add(options.Trace);
            command.Add(options.Json);
        }

        foreach (var command in new Command[] { root, verify })
        {
            command.SetAction((parsed, cancellationToken) => VerifyAsync(options, parsed, output, error, cancellationToken));
        }

        root.Add(verify);
        root.Add(explain);
        root.Add(mcp);
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await error.WriteLineAsync(exception.Message);
            return (int)Outcome.CouldNotCheck;
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
        var request = backends.ToRequest(parsed.GetValue(options.Trace), options.GetWait(parsed));
        var report = await Waiting.ForAsync(error, "reading the trace", async progress => await TraceVerifier.VerifyAsync(
            request with { Service = await options.GetServiceAsync(parsed, backends, cancellationToken) }, progress, cancellationToken));
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
        var slowest = new Option<bool>("--slowest") { Description = "Explain the slowest call, compared with the median one of its operation." };
        var save = new Option<string?>("--save") { Description = "Save the calls' durations in a file, to compare later ones with.", HelpName = "FILE" };
        var compare = new Option<string?>("--compare") { Description = "Show what changed since --save wrote this file.", HelpName = "FILE" };
        var failAbove = new Option<double?>("--fail-above")
        {
            Description = "With --compare: exit 1 if the median of an operation grew by more, and by more than chance explains.",
            HelpName = "PERCENT",
            CustomParser = result => double.TryParse(
                result.Tokens[0].Value.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
                    && percent is >= 0 and <= MaxGrowth
                ? percent / 100
                : Reject<double?>(result, $"--fail-above is '{result.Tokens[0].Value}', which is not a growth such as 20%, at most {MaxGrowth}%."),
        };
        var command = new Command("explain", ExplainDescription) { last, operation, slowest, save, compare, failAbove };
        command.Validators.Add(result =>
        {
            if (result.GetValue(save) is "" || result.GetValue(compare) is "")
            {
                result.AddError("--save and --compare need the path of a file; it is empty.");
            }
            else if (result.GetValue(slowest) && (result.GetValue(save) ?? result.GetValue(compare)) is not null)
            {
                result.AddError("--slowest explains one call; --save and --compare need all: omit --slowest.");
            }
            else if (result.GetResult(failAbove) is not null && result.GetValue(compare) is null)
            {
                result.AddError("--fail-above needs --compare FILE, with a file that --save wrote.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Before the traces are read, which takes longer.
            var baseline = parsed.GetValue(compare) is { } file ? Baseline.Load(file) : null;
            using var backends = options.OpenBackends(parsed, error);
            var request = new ExplanationRequest
            {
                Backends = backends.All,
                Trace = parsed.GetValue(options.Trace),
                Wait = options.GetWait(parsed),
                Last = parsed.GetValue(last),
                Operation = parsed.GetValue(operation),
                Slowest = parsed.GetValue(slowest),
            };
            var explanation = await Waiting.ForAsync(error, "reading the traces", async _ => await TraceExplainer.ExplainAsync(
                request with { Service = await options.GetServiceAsync(parsed, backends, cancellationToken) }, cancellationToken));
            var comparison = baseline is null || explanation.Operations.Count == 0 ? null : Comparison.Of(baseline, explanation);
            if (parsed.GetValue(options.Json))
            {
                await output.WriteLineAsync(comparison?.ToJson() ?? explanation.ToJson());
            }
            else
            {
                TerminalReport.Write(explanation, Console(output), request.Wait, comparison);
            }

            if (explanation.Operations.Count == 0)
            {
                return explanation.Traces == 0 || explanation.Failures.Count > 0 || parsed.GetResult(failAbove) is not null ? 2 : 1;
            }

            var result = parsed.GetValue(failAbove) is { } limit ? await JudgeAsync(comparison!, limit, error) : 0;
            // What is too slow must not become the baseline of the next run.
            if (result == 0 && parsed.GetValue(save) is { } path)
            {
                Baseline.Of(explanation).Save(path);
            }

            return result;
        });
        return command;
    }

    /// <returns>1 if an operation is slower, 2 if none has enough calls to tell.</returns>
    private static async Task<int> JudgeAsync(Comparison comparison, double limit, TextWriter error)
    {
        var slower = comparison.Operations.Where(operation => operation.IsSlowerBy(limit)).ToList();
        if (slower.Count > 0)
        {
            await error.WriteLineAsync(FormattableString.Invariant($"Slower by more than {limit:0.#%}: {string.Join("; ", slower)}."));
            return 1;
        }

        var tooFew = comparison.Operations.Where(operation => operation.Whole.Change == Change.TooFewCalls).ToList();
        if (tooFew.Count < comparison.Operations.Count)
        {
            foreach (var reason in tooFew.Select(operation => $"{operation} has fewer than {Comparison.MinCalls} calls before or now.").Concat(comparison.OnlyOnce))
            {
                await error.WriteLineAsync($"Not compared: {reason}");
            }

            return 0;
        }

        await error.WriteLineAsync($"No operation has {Comparison.MinCalls} calls before and {Comparison.MinCalls} now, which a comparison needs. "
            + "Read more traces: --last NUMBER.");
        return 2;
    }

    internal static IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    internal static T? Reject<T>(SymbolResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
