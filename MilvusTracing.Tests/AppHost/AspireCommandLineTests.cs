using CliWrap.Buffered;
using MilvusTracing.Tests.Cli;
using MilvusTracing.Tests.Support;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace MilvusTracing.Tests.AppHost;

/// <summary>Aspire's command line reaches the commands of the running application, and exports its traces.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class AspireCommandLineTests : IAsyncLifetime
{
    private static readonly string AppHost = Path.Combine(BuiltProject.Root, "MilvusTracing.AppHost", "MilvusTracing.AppHost.csproj");

    public async Task InitializeAsync()
    {
        await RunAsync("tool", "restore");
        await RunAsync("aspire", "start", "--isolated", "--no-build", "--launch-profile", "emulator", "--apphost", AppHost, "--non-interactive");
    }

    public Task DisposeAsync() => RunAsync("aspire", "stop", "--apphost", AppHost, "--non-interactive");

    [Fact]
    public async Task An_agent_runs_the_commands_through_Aspires_MCP_server_and_the_dashboards_export_is_verified()
    {
        await using var client = await McpClient.CreateAsync(new StdioClientTransport(new()
        {
            Command = "dotnet",
            Arguments = ["aspire", "agent", "mcp"],
            WorkingDirectory = BuiltProject.Root,
        }));

        (await ExecuteAsync(client, "verify-last-trace")).ShouldContain("**joined: ");
        (await ExecuteAsync(client, "explain-slowest-search")).ShouldContain("client and network");

        var export = Path.Combine(Directory.CreateTempSubdirectory("milvus-tracing-test-").FullName, "export.zip");
        await RunAsync("aspire", "export", "--apphost", AppHost, "--output", export, "--non-interactive");
        var (code, output, error) = await CommandTests.RunAsync("--file", export);
        code.ShouldBe(0, output + error);
        Directory.Delete(Path.GetDirectoryName(export)!, recursive: true);
    }

    private static async Task<string> ExecuteAsync(McpClient client, string command)
    {
        var result = await client.CallToolAsync(
            "execute_resource_command", new Dictionary<string, object?> { ["resourceName"] = "milvus-client", ["commandName"] = command });
        return string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var result = await CliWrap.Cli.Wrap("dotnet").WithArguments(arguments).WithWorkingDirectory(BuiltProject.Root)
            .WithStandardInputPipe(CliWrap.PipeSource.Null).WithValidation(CliWrap.CommandResultValidation.None).ExecuteBufferedAsync(new CancellationTokenSource(Timeouts.Limit).Token);
        result.ExitCode.ShouldBe(0, result.StandardOutput + result.StandardError);
    }
}
