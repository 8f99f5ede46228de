using System.Diagnostics;
using System.Text.RegularExpressions;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A distributed Milvus, one process a role, with a Jaeger, started and stopped by the script in <c>MILVUS_CLUSTER</c>:
/// <c>up</c> prints <c>NAME=value</c> lines with the addresses, <c>start ROLE [NAME=VALUE…]</c> and <c>kill ROLE</c> break it. It
/// takes fixed ports, so its tests run in a network namespace of their own and beside no others.
/// </summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class MilvusCluster : ICollectionFixture<MilvusCluster>, IAsyncLifetime
{
    public const string Collection = "Milvus cluster";

    private static readonly string? Script = Environment.GetEnvironmentVariable("MILVUS_CLUSTER");

    private Dictionary<string, string> _addresses = [];

    /// <summary>Milvus's gRPC address.</summary>
    public Uri Milvus => new(_addresses["ConnectionStrings__milvus"].Split(';').Single(part => part.StartsWith("Endpoint="))["Endpoint=".Length..]);

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public Uri Otlp => new(_addresses["ConnectionStrings__jaeger"]);

    /// <summary>Jaeger's query API.</summary>
    public Uri Jaeger => new(_addresses["JAEGER_URL"]);

    public Task InitializeAsync() => string.IsNullOrEmpty(Script) ? Task.CompletedTask : UpAsync(mixture: false);

    public Task DisposeAsync() => string.IsNullOrEmpty(Script) ? Task.CompletedTask : RunAsync("down");

    /// <summary>Starts all of it anew.</summary>
    /// <param name="mixture">Whether the coordinators share a process.</param>
    public async Task UpAsync(bool mixture)
    {
        Environment.SetEnvironmentVariable("CLUSTER_MIXTURE", mixture ? "1" : "0");
        // "up" stops what runs, too, but is as quick as to find a port of it that is still closing.
        await RunAsync("down");
        var output = await RunAsync("up");
        _addresses = output.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim('\''));
    }

    /// <summary>Starts a role anew, with more of its environment set.</summary>
    public async Task RestartAsync(string role, params string[] settings)
    {
        await RunAsync("stop", role);
        await RunAsync(["start", role, .. settings]);
    }

    /// <summary>Kills a role, so that it sends nothing more.</summary>
    public Task KillAsync(string role) => RunAsync("kill", role);

    /// <summary>Stops a role's process in its tracks: what it has begun does not end before it is killed.</summary>
    public static async Task FreezeAsync(string role)
    {
        using var stop = Process.Start("kill", ["-STOP", $"{IdOf(role)}"]);
        await stop.WaitForExitAsync();
    }

    /// <summary>Starts a role anew that takes its tracing from its configuration, and none from its environment.</summary>
    /// <param name="role">The role.</param>
    /// <param name="configuration">An empty folder for its configuration.</param>
    /// <param name="trace">The section <c>trace</c>, in the place of that of <c>milvus.yaml</c>: later Milvus merges the chart's user.yaml itself.</param>
    /// <returns>Its process, which the script knows nothing of.</returns>
    internal static async Task<IAsyncDisposable> RestartConfiguredAsync(string role, DirectoryInfo configuration, string trace)
    {
        var id = IdOf(role);
        var program = new FileInfo($"/proc/{id}/exe").LinkTarget!;
        var environment = File.ReadAllText($"/proc/{id}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=', 2)).Where(variable => !variable[0].StartsWith("TRACE_"))
            .ToDictionary(variable => variable[0], variable => (string?)variable[1]);
        await RunAsync("stop", role);
        foreach (var file in Directory.GetFiles(environment["MILVUSCONF"]!))
        {
            File.Copy(file, Path.Combine(configuration.FullName, Path.GetFileName(file)));
        }

        var yaml = Path.Combine(configuration.FullName, "milvus.yaml");
        await File.WriteAllTextAsync(yaml, Regex.Replace(await File.ReadAllTextAsync(yaml), @"(?ms)^trace:.*?(?=^\S)", $"{trace.TrimEnd()}\n\n"));
        environment["MILVUSCONF"] = configuration.FullName;
        var process = ChildProcess.Start(program, ["run", role], environment);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (var stopwatch = Stopwatch.StartNew(); !await IsHealthyAsync();)
        {
            stopwatch.Elapsed.ShouldBeLessThan(Timeouts.Limit, process.Output);
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        return process;

        async Task<bool> IsHealthyAsync()
        {
            try
            {
                return (await http.GetAsync($"http://127.0.0.1:{environment["METRICS_PORT"]}/healthz")).IsSuccessStatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }
    }

    private static int IdOf(string role)
    {
        // Other clusters on this machine are in other network namespaces.
        var ours = new FileInfo("/proc/self/ns/net").LinkTarget;
        return Process.GetProcessesByName("milvus").Single(process =>
            File.ReadAllText($"/proc/{process.Id}/cmdline").Split('\0') is [_, "run", var itsRole, ..] && itsRole == role
            && new FileInfo($"/proc/{process.Id}/ns/net").LinkTarget == ours).Id;
    }

    private static async Task<string> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo(Script!, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        // What it starts keeps the streams open: the end of the script itself is what counts.
        var lines = new List<string>();
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        await process.WaitForExitAsync(limit.Token);
        lock (lines)
        {
            return process.ExitCode == 0
                ? string.Join('\n', lines)
                : throw new InvalidOperationException($"{Script} {string.Join(' ', args)} failed:\n{string.Join('\n', lines)}");
        }

        void Add(string? line)
        {
            lock (lines)
            {
                lines.Add(line ?? "");
            }
        }
    }
}
