using System.Data.Common;
using System.Diagnostics;

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
