using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace MilvusTracing.Local.Processes;

/// <summary>
/// A process that is stopped together with this one, even when this one is killed, and that Ctrl+C in the terminal does not
/// reach: what is stopped, and in which order, is for its owner to say.
/// </summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>
    /// On Unix a shell stands between. It stops the child when its own standard input ends, which the end of this process
    /// brings about however it comes; and what a shell without job control starts in the background ignores SIGINT (POSIX,
    /// Shell Command Language, 2.11).
    /// </summary>
    private const string UnixSupervisor =
        """
        exec 3<&0
        "$@" </dev/null 3<&- &
        child=$!
        {
            read -r _ <&3
            PATH=$PATH:/usr/bin:/bin
            kill -TERM "$child"
            i=0
            while [ $i -lt 100 ]; do sleep 0.1; kill -0 "$child" || exit; i=$((i + 1)); done
            kill -KILL "$child"
        } >/dev/null 2>&1 &
        watcher=$!
        exec 3<&- </dev/null
        trap : INT TERM HUP
        while :; do
            wait "$child"
            status=$?
            kill -0 "$child" 2>/dev/null || break
        done
        kill "$watcher" 2>/dev/null
        exit $status
        """;

    private const int LinesKept = 10;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(12);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = [];
    private readonly Action<string>? _onLine;
    private bool _stopping;

    private ChildProcess(string name, ProcessStartInfo start, Action<string>? onLine)
    {
        Name = name;
        _onLine = onLine;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exited = WaitAsync();
    }

    /// <summary>How messages call it, as in "the worker".</summary>
    public string Name { get; }

    /// <summary>Completes with the exit code once the process has ended and all its output has been read.</summary>
    public Task<int> Exited { get; }

    /// <summary>What it wrote last, in one sentence each; where a process ended unasked, the reason is most likely here.</summary>
    public string LastLines
    {
        get
        {
            lock (_lastLines)
            {
                return string.Concat(_lastLines.Select(line => $"\n  {line}"));
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="name">How messages call it.</param>
    /// <param name="program">Its path, or a name to be found on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What differs from this process's environment; null takes a variable away.</param>
    /// <param name="onLine">Called with each line of output, on any thread, one at a time.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ChildProcess Start(
        string name,
        string program,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string?>> environment,
        Action<string>? onLine = null)
    {
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(program, arguments) { CreateNewProcessGroup = true }
            : new ProcessStartInfo("/bin/sh", ["-c", UnixSupervisor, "sh", program, .. arguments]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }
        return new ChildProcess(name, start, onLine);
    }

    /// <summary>Asks it to stop, and kills it where it does not within 10 s.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        if (OperatingSystem.IsWindows() && !_process.HasExited)
        {
            GenerateConsoleCtrlEvent(CtrlBreak, (uint)_process.Id);
        }
        _process.StandardInput.Close();
        try
        {
            await Exited.WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Exited;
        }
    }

    /// <summary>A sentence for when it ended and nobody had asked it to, with what it wrote last.</summary>
    public string Epitaph() =>
        $"{char.ToUpperInvariant(Name[0])}{Name[1..]} ended with exit code {_process.ExitCode}."
        + (LastLines is { Length: > 0 } lines ? $" Its last lines:{lines}" : " It had written nothing.");

    public async ValueTask DisposeAsync()
    {
        if (!_stopping)
        {
            await StopAsync();
        }
        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private void Keep(string? line)
    {
        if (line is null || TerminalSequence().Replace(line, "").TrimEnd() is not { Length: > 0 } text)
        {
            return;
        }
        lock (_lastLines)
        {
            _lastLines.Enqueue(text);
            if (_lastLines.Count > LinesKept)
            {
                _lastLines.Dequeue();
            }
            _onLine?.Invoke(text);
        }
    }

    [GeneratedRegex(@"\e(\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(\a|\e\\))")]
    private static partial Regex TerminalSequence();

    private const uint CtrlBreak = 1;

    [DllImport("kernel32.dll")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool GenerateConsoleCtrlEvent(uint controlEvent, uint processGroup);
}
