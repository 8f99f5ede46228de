using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A program that runs beside the test: its output by the line, signals, exit code. It inherits no setting that would
/// change what a test sees, and is killed with its children when the test ends.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const nint DefaultHandler = 0;

    private static readonly string[] ForeignSettings = ["OTEL_", "ConnectionStrings__", "Worker__", "JAEGER_", "ASPIRE_", "Logging__", "TRACE_", "PROXY_", "COMMON_"];

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _errorLines = [];
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// A shell that starts the tests in the background has them ignore SIGINT and SIGQUIT, and the programs under test would
    /// inherit that (POSIX, Shell Command Language, 2.11).
    /// </summary>
    static ChildProcess()
    {
        const string status = "/proc/self/status";
        var ignored = File.Exists(status)
            ? File.ReadLines(status).First(line => line.StartsWith("SigIgn:")).Split('\t')[1] : "0";
        foreach (var signal in new[] { Interrupt, Quit }.Where(signal => (Convert.ToUInt64(ignored, 16) >> (signal - 1) & 1) == 1))
        {
            SetSignalHandler(signal, DefaultHandler);
        }
    }

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data, isError: false);
        _process.ErrorDataReceived += (_, line) => Add(line.Data, isError: true);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>All lines so far, of standard output and standard error; in order within each of the two only.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public string Output => string.Join('\n', Lines);

    /// <summary>What came from standard error.</summary>
    public string ErrorOutput
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _errorLines);
            }
        }
    }

    /// <param name="program">A program on the PATH, or its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="settings">Environment variables; null takes one away.</param>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };

        foreach (var name in start.Environment.Keys.Where(name => ForeignSettings.Any(name.StartsWith)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Starts a program of this solution.</summary>
    /// <param name="project">The project's name, for example <c>MilvusTracing.Worker</c>.</param>
    /// <param name="settings">Environment variables.</param>
    public static ChildProcess StartProject(string project, IReadOnlyDictionary<string, string?>? settings = null)
        => Start("dotnet", [BuiltProject.Assembly(project)], settings);

    /// <summary>Waits for a line that contains a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="skip">How many lines do not count, usually those that are there already.</param>
    /// <returns>The first such line.</returns>
    /// <exception cref="TimeoutException">None came; the message holds the output.</exception>
    public async Task<string> WaitForLineAsync(string text, int skip = 0)
    {
        using var timeout = new CancellationTokenSource(Timeouts.Limit);

        while (true)
        {
            var arrival = Volatile.Read(ref _arrival).Task;
            if (Lines.Skip(skip).FirstOrDefault(line => line.Contains(text)) is { } found)
            {
                return found;
            }

            try
            {
                await arrival.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"No line with '{text}' came within {Timeouts.Limit.TotalSeconds} s. Output:\n{Output}");
            }
        }
    }

    /// <returns>The exit code, when all output has been read.</returns>
    /// <exception cref="TimeoutException">The program did not end; the message holds the output.</exception>
    public async Task<int> WaitForExitAsync()
    {
        using var timeout = new CancellationTokenSource(Timeouts.Limit);

        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The program did not end within {Timeouts.Limit.TotalSeconds} s. Output:\n{Output}");
        }
    }

    /// <summary>Asks the program to stop, as <c>kill</c> does.</summary>
    public void Signal(PosixSignal signal = PosixSignal.SIGTERM) => SendSignal(_process.Id, Number(signal)).ShouldBe(0);

    /// <summary>Tells the program, which <c>setsid</c> has started, and all that it has started, as a terminal does at Ctrl+C and Ctrl+\.</summary>
    public void SignalGroup(PosixSignal signal) => SendSignal(-_process.Id, Number(signal)).ShouldBe(0);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGTERM => 15,
        PosixSignal.SIGINT => Interrupt,
        PosixSignal.SIGQUIT => Quit,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "SIGTERM, SIGINT or SIGQUIT"),
    };

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint SetSignalHandler(int signal, nint handler);

    private void Add(string? line, bool isError)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
            if (isError)
            {
                _errorLines.Add(line);
            }
        }

        Interlocked.Exchange(ref _arrival, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
