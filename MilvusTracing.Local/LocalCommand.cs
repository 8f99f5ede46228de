using System.CommandLine;
using System.Runtime.InteropServices;
using MilvusTracing.Local.Settings;
using MilvusTracing.Local.Terminal;
using MilvusTracing.Verifier.Verification;
using Spectre.Console;

namespace MilvusTracing.Local;

/// <summary>The command line: arguments in, exit code out.</summary>
internal static class LocalCommand
{
    private static readonly Option<bool> Once = new("--once")
    {
        Description = "End after the first verified pass. Exit codes: 0 joined, 1 not joined, 2 could not check.",
    };

    private static readonly Option<bool> NoWorker = new("--no-worker")
    {
        Description = "Serve other clients only.",
    };

    private static readonly Option<bool> NoDashboard = new("--no-dashboard")
    {
        Description = "Do without the Aspire dashboard.",
    };

    private static readonly Option<int?> MilvusPort = new("--milvus-port")
    {
        Description = "The Milvus emulator's port: 19530, or a free one where that is taken, if left out.",
        HelpName = "PORT",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, out var port) && port is > 0 and < 65536)
            {
                return port;
            }
            result.AddError($"--milvus-port is '{result.Tokens[0].Value}'; expected a port from 1 to 65535.");
            return null;
        },
    };

    public static async Task<int> RunAsync(string[] arguments)
    {
        var command = new RootCommand(
            "Starts Milvus (an emulator, unless ConnectionStrings__milvus names a real one), a worker that uses it, and the "
            + "Aspire dashboard, as processes on this machine, and proves of each pass that its trace is joined. Jaeger is used "
            + "where ConnectionStrings__jaeger and JAEGER_URL name one.")
        {
            Once, NoWorker, NoDashboard, MilvusPort,
        };
        command.SetAction(RunAsync);
        var parsed = command.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(parsed.Errors[0].Message);
            return (int)Outcome.CouldNotCheck;
        }

        // Stopping in good order takes as long as it takes: the handlers below see to it.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        var options = new LocalOptions(
            parsed.GetValue(Once), !parsed.GetValue(NoWorker), !parsed.GetValue(NoDashboard), parsed.GetValue(MilvusPort));
        try
        {
            var settings = LocalSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build());
            return (int)await new LocalRun(options, settings, new Screen(AnsiConsole.Console)).RunAsync(stop.Token);
        }
        catch (Exception exception) when (exception is SettingException or LocalFailedException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return (int)Outcome.CouldNotCheck;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return options.Once ? (int)Outcome.CouldNotCheck : 0;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
