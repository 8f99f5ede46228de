using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using CliWrap;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A program that runs beside the test. It inherits no environment variable that configures the programs under test, and
/// is killed with all its children on disposal.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const nint DefaultHandler = 0;

    private static readonly string[] RemovedVariables =
        ["OTEL_", "ASPNETCORE_", "ConnectionStrings__", "Worker__", "JAEGER_", "ASPIRE_", "Logging__", "TRACE_", "PROXY_", "COMMON_"];

    private readonly CommandTask<CommandResult> _command;
    private readonly CancellationTokenSource _kill = new();
    private readonly ConcurrentQueue<(string Text, bool IsError)> _lines = [];
    private readonly ChangeSignal _changed = new();

    /// <summary>
    /// A shell that starts the tests in the background makes them ignore SIGINT and SIGQUIT, and child processes would
    /// inherit this (POSIX, Shell Command Language, 2.11).
    /// </summary>
    static ChildProcess()
    {
        const string status = "/proc/self/status";
        var ignored = File.Exists(status) ? File.ReadLines(status).First(line => line.StartsWith("SigIgn:")).Split('\t')[1] : "0";
        foreach (var signal in new[] { Interrupt, Quit }.Where(signal => (Convert.ToUInt64(ignored, 16) >> (signal - 1) & 1) == 1))
        {
            SetSignalHandler(signal, DefaultHandler);
        }
    }

    private ChildProcess(Command command)
    {
        _command = command
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line => Add(line, isError: false), Encoding.UTF8))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(line => Add(line, isError: true), Encoding.UTF8))
            .ExecuteAsync(_kill.Token);
        _command.Task.ContinueWith(_ => _changed.Raise(), TaskScheduler.Default);
    }

    public int Id => _command.ProcessId;

    /// <summary>The lines so far, of standard output and standard error; the order is exact within each of the two only.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Text)];

    public string Output => string.Join('\n', Lines);

    public string ErrorOutput => string.Join('\n', _lines.Where(line => line.IsError).Select(line => line.Text));

    /// <param name="program">A program on the PATH, or its path.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="settings">Environment variables; null removes one.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var environment = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => RemovedVariables.Any(name.StartsWith)).ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            environment[name] = value;
        }

        return new(new Command(program).WithArguments(arguments).WithEnvironmentVariables(environment).WithWorkingDirectory(Path.GetTempPath()));
    }

    /// <summary>Starts a program of this solution.</summary>
    /// <param name="project">The project, for example <c>MilvusTracing.Worker</c>.</param>
    /// <param name="settings">Environment variables; null removes one.</param>
    public static ChildProcess StartProject(string project, IReadOnlyDictionary<string, string?>? settings = null)
        => Start("dotnet", [BuiltProject.Assembly(project)], settings);

    /// <summary>Runs a program to its end.</summary>
    /// <returns>The ended program, with its output.</returns>
    /// <exception cref="InvalidOperationException">The exit code is not 0; the message has the output.</exception>
    public static async Task<ChildProcess> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var process = Start(program, arguments);
        var exitCode = await process.WaitForExitAsync();
        return exitCode == 0
            ? process
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with exit code {exitCode}:\n{process.Output}");
    }

    /// <summary>Waits for a line that contains a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="skip">The number of lines to ignore, usually those that have been written already.</param>
    /// <returns>The first such line.</returns>
    /// <exception cref="TimeoutException">No such line was written; the message has the output.</exception>
    /// <exception cref="InvalidOperationException">The program ended without such a line; the message has the output.</exception>
    public async Task<string> WaitForLineAsync(string text, int skip = 0)
    {
        string? found = null;
        await _changed.WaitForAsync(
            () =>
            {
                var hasEnded = _command.Task.IsCompleted;
                found = Lines.Skip(skip).FirstOrDefault(line => line.Contains(text));
                return hasEnded || found is not null;
            },
            Timeouts.Limit,
            () => $"Expected a line with '{text}'. Output:\n{Output}");
        return found ?? throw new InvalidOperationException($"The program ended without a line with '{text}'. Output:\n{Output}");
    }

    /// <param name="limit">How long to wait; <see cref="Timeouts.Limit"/> by default.</param>
    /// <returns>The exit code, after all output has been read.</returns>
    /// <exception cref="TimeoutException">The program did not end; the message has the output.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null)
    {
        try
        {
            return (await _command.Task.WaitAsync(limit ?? Timeouts.Limit)).ExitCode;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The program did not end in time. Output:\n{Output}");
        }
    }

    /// <summary>Sends the program a signal, by default the one that asks it to stop.</summary>
    public void Signal(PosixSignal signal = PosixSignal.SIGTERM) => Send(Id, Number(signal));

    /// <summary>Sends a signal to the program, which <c>setsid</c> has started, and its children, as a terminal does for Ctrl+C and Ctrl+\.</summary>
    public void SignalGroup(PosixSignal signal) => Send(-Id, Number(signal));

    public async ValueTask DisposeAsync()
    {
        await _kill.CancelAsync();
        await ((Task)_command.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kill.Dispose();
    }

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGTERM => 15,
        PosixSignal.SIGINT => Interrupt,
        PosixSignal.SIGQUIT => Quit,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "Expected SIGTERM, SIGINT or SIGQUIT."),
    };

    private static void Send(int process, int signal)
    {
        if (SendSignal(process, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent: process {process} has ended.");
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint SetSignalHandler(int signal, nint handler);

    private void Add(string line, bool isError)
    {
        _lines.Enqueue((line, isError));
        _changed.Raise();
    }
}
