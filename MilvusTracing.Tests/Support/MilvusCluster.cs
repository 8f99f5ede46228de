using System.Data.Common;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A distributed Milvus, one process for each role, and a Jaeger. The script <c>MILVUS_CLUSTER</c> manages them:
/// <c>up</c> prints <c>NAME=value</c> lines with the addresses; <c>start ROLE [NAME=VALUE…]</c>, <c>stop ROLE</c> and
/// <c>kill ROLE</c> change a role. The ports are fixed: the tests run alone, in a network namespace of their own.
/// </summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class MilvusCluster : ICollectionFixture<MilvusCluster>, IAsyncLifetime
{
    public const string Collection = "Milvus cluster";

    private static readonly string? Script = Environment.GetEnvironmentVariable("MILVUS_CLUSTER");

    private Dictionary<string, string> _addresses = [];

    /// <summary>Milvus's gRPC address.</summary>
    public Uri Milvus => new((string)new DbConnectionStringBuilder { ConnectionString = _addresses["ConnectionStrings__milvus"] }["Endpoint"]);

    /// <summary>Jaeger's OTLP/gRPC address.</summary>
    public Uri Otlp => new(_addresses["ConnectionStrings__jaeger"]);

    /// <summary>Jaeger's query API.</summary>
    public Uri Jaeger => new(_addresses["JAEGER_URL"]);

    public Task InitializeAsync() => string.IsNullOrEmpty(Script) ? Task.CompletedTask : UpAsync(mixture: false);

    public Task DisposeAsync() => string.IsNullOrEmpty(Script) ? Task.CompletedTask : RunAsync("down");

    /// <summary>Restarts everything.</summary>
    /// <param name="mixture">Whether the coordinators share a process.</param>
    public async Task UpAsync(bool mixture)
    {
        Environment.SetEnvironmentVariable("CLUSTER_MIXTURE", mixture ? "1" : "0");
        // "up" stops a running cluster, too, but can then fail because a port is still closing.
        await RunAsync("down");
        var output = await RunAsync("up");
        _addresses = output.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('\''));
    }

    /// <summary>Restarts a role with additional environment variables, as <c>NAME=VALUE</c>.</summary>
    public async Task RestartAsync(string role, params string[] settings)
    {
        await RunAsync("stop", role);
        await RunAsync(["start", role, .. settings]);
    }

    /// <summary>Kills a role, which exports nothing any more.</summary>
    public Task KillAsync(string role) => RunAsync("kill", role);

    /// <summary>Freezes the process of a role, so that a request in progress does not end before the role is killed.</summary>
    public static Task FreezeAsync(string role) => ChildProcess.RunAsync("kill", "-STOP", $"{IdOf(role)}");

    /// <summary>Lets a frozen role run on.</summary>
    public static Task ThawAsync(string role) => ChildProcess.RunAsync("kill", "-CONT", $"{IdOf(role)}");

    /// <summary>Restarts a role with tracing configured in its configuration file instead of its environment.</summary>
    /// <param name="role">The role.</param>
    /// <param name="configuration">An empty folder for its configuration.</param>
    /// <param name="trace">Replaces the section <c>trace</c> of <c>milvus.yaml</c>.</param>
    /// <returns>The process, which the script does not know.</returns>
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
        var changed = Regex.Replace(await File.ReadAllTextAsync(yaml), @"(?ms)^trace:.*?(?=^\S)", $"{trace.TrimEnd()}\n\n");
        await File.WriteAllTextAsync(yaml, changed);
        environment["MILVUSCONF"] = configuration.FullName;
        var process = ChildProcess.Start(program, ["run", role], environment);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Timeouts.PollAsync(IsHealthyAsync, () => process.Output);
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
        // Other clusters on this machine run in other network namespaces.
        var ownNamespace = new FileInfo("/proc/self/ns/net").LinkTarget;
        return Process.GetProcessesByName("milvus").Single(process =>
            File.ReadAllText($"/proc/{process.Id}/cmdline").Split('\0') is [_, "run", var itsRole, ..] && itsRole == role
            && new FileInfo($"/proc/{process.Id}/ns/net").LinkTarget == ownNamespace).Id;
    }

    private static async Task<string> RunAsync(params string[] args) => (await ChildProcess.RunAsync(Script!, args)).Output;
}
