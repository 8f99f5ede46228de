using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using MilvusTracing.Local.Processes;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Local.Worker;

/// <summary>The worker as a process of its own.</summary>
internal sealed partial class WorkerProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly Channel<Pass> _passes = Channel.CreateUnbounded<Pass>();
    private readonly Action<string> _onWarning;

    private WorkerProcess(Dictionary<string, string?> environment, Action<string> onWarning)
    {
        _onWarning = onWarning;
        _process = ChildProcess.Start("the worker", DotNet, [Assembly], environment, Read);
        Exited = EndAsync();
    }

    /// <summary>Its passes as they end; complete when the worker is.</summary>
    public ChannelReader<Pass> Passes => _passes.Reader;

    /// <summary>Completes with its exit code.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts the worker that was built with this program.</summary>
    /// <param name="environment">What differs from this process's environment.</param>
    /// <param name="onWarning">Called with each line that a user should see, without time stamp and category.</param>
    public static WorkerProcess Start(Dictionary<string, string?> environment, Action<string> onWarning) => new(environment, onWarning);

    public string Epitaph() => _process.Epitaph();

    /// <summary>Lets it send what it holds, and ends it.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>The one that runs this program, where it is one and not the program's own executable.</summary>
    private static string DotNet =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>The path of the worker that was built with this program.</summary>
    internal static string Assembly => typeof(WorkerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "WorkerAssembly").Value!;

    private async Task<int> EndAsync()
    {
        var exitCode = await _process.Exited;
        _passes.Writer.Complete();
        return exitCode;
    }

    private void Read(string line)
    {
        if (LogLine().Match(line) is not { Success: true } log)
        {
            _onWarning(line);
            return;
        }
        if (log.Groups["level"].Value is "warn" or "fail" or "crit")
        {
            _onWarning(log.Groups["message"].Value);
        }
        if (log.Groups["category"].Value.EndsWith(".PassRunner", StringComparison.Ordinal)
            && PassEnd().Match(log.Groups["message"].Value) is { Success: true } pass)
        {
            _passes.Writer.TryWrite(new Pass(
                pass.Groups["result"].Value == "passed",
                TraceReference.TryParse(pass.Groups["trace"].Value, out var trace) && !pass.Groups["unsampled"].Success ? trace : null,
                DateTimeOffset.UtcNow));
        }
    }

    // 05:45:12 info: MilvusTracing.Worker.Passes.PassRunner[1] quick_setup passed: 9 operations in 96 ms, trace 4bf9…
    [GeneratedRegex(@"^(\d\d:\d\d:\d\d )?(?<level>trce|dbug|info|warn|fail|crit): (?<category>[\w.]+)\[\d+\] (?<message>.*)$")]
    private static partial Regex LogLine();

    [GeneratedRegex(@" (?<result>passed|failed)\b.*, trace (?<trace>[0-9a-f]{32}|not recorded)(?<unsampled> \(not sampled\))?")]
    private static partial Regex PassEnd();
}
