using System.Text.RegularExpressions;
using MilvusTracing.Cli;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Docs;

/// <summary>
/// The shell commands in README and docs run: programs such as dotnet, kubectl and jaeger are replaced by one that records
/// its arguments, and every file, project, resource and option that they name must exist.
/// </summary>
public sealed partial class ShellSnippetTests
{
    private static readonly string[] Programs =
    [
        "run", "test", "bench", "dotnet", "aspire", "jaeger", "kubectl", "helm", "milvus-trace", "milvus-emulator", "pip", "npm", "node", "java",
        "opentelemetry-instrument", "otelcol-contrib", "tshark", "grep",
    ];

    private static readonly string[] ResourceCommands = ["verify-last-trace", "explain-slowest-search", "start", "stop"];

    public static TheoryData<string> Documents => Document.Paths;

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Every_command_names_what_exists(string document)
    {
        foreach (var snippet in new Document(document).Snippets("sh"))
        {
            foreach (var call in await RunAsync(snippet))
            {
                await CheckAsync(call);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_leads_to_a_file(string path)
    {
        var document = new Document(path);

        document.LinkedFiles.Where(file => !Path.Exists(Path.Combine(document.Folder, file))).ShouldBeEmpty();
    }

    /// <returns>The program and the arguments of each call that the snippet makes.</returns>
    private static async Task<IReadOnlyList<string[]>> RunAsync(string snippet)
    {
        var functions = Programs.Select(program => $$"""{{program}}() { printf '%s\037' {{program}} "$@"; echo; }""");
        await using var shell = ChildProcess.Start("bash", ["-euc", $"{string.Join('\n', functions)}\n{LocalProgram().Replace(snippet, "")}"]);
        (await shell.WaitForExitAsync()).ShouldBe(0, $"{snippet}\n{shell.Output}");
        return [.. shell.Lines.Where(line => line.Contains('\u001f')).Select(line => line.TrimEnd('\u001f').Split('\u001f'))];
    }

    private static async Task CheckAsync(string[] call)
    {
        switch (call)
        {
            case ["run" or "test" or "bench", .. var options]:
                var script = File.ReadAllText(Path.Combine(BuiltProject.Root, call[0]));
                options.Where(option => !script.Contains(option)).ShouldBeEmpty();
                break;
            case ["milvus-trace", ..] or ["dotnet", "run", "--project", "src/MilvusTracing.Cli", "--", ..]:
                // Help is printed only for a command without errors.
                var error = new StringWriter();
                string[] arguments = [.. call.Skip(call[0] == "dotnet" ? 5 : 1), "--help"];
                (await MilvusTraceCommand.RunAsync(arguments, TextWriter.Null, error)).ShouldBe(0, error.ToString());
                break;
            case ["dotnet", "run" or "publish", .. var options]:
                var project = options.First(option => option.Contains("MilvusTracing."));
                Directory.EnumerateFiles(Path.Combine(BuiltProject.Root, project), "*.csproj").ShouldHaveSingleItem();
                break;
            case ["dotnet", "tool", "restore"]:
                Exists(".config", "dotnet-tools.json").ShouldBeTrue();
                break;
            case ["dotnet", "add", "package", var used, ..] when !used.StartsWith("MilvusTracing."):
                File.ReadAllText(Path.Combine(BuiltProject.Root, "Directory.Packages.props")).ShouldContain($"\"{used}\"");
                break;
            case ["dotnet", "tool" or "add", .. var options]:
                var package = options.First(option => option.StartsWith("MilvusTracing."));
                File.ReadAllText(Path.Combine(BuiltProject.Root, "src", package, $"{package}.csproj")).ShouldContain("<IsPackable>true</IsPackable>");
                break;
            case ["dotnet", "aspire", "resource", var resource, var command]:
                var appHost = File.ReadAllText(Path.Combine(BuiltProject.Root, "MilvusTracing.AppHost", "AppHost.cs"));
                (appHost.Contains($"\"{resource}\"") || Exists("clients", resource.Replace("-client", ""))).ShouldBeTrue(resource);
                ResourceCommands.ShouldContain(command);
                break;
            case ["jaeger", .. var options]:
                options.Where(option => option.EndsWith(".yaml") && !Exists("src", "MilvusTracing.Hosting", "Jaeger", option)).ShouldBeEmpty();
                break;
            case ["otelcol-contrib", .. var options]:
                options.Where(option => option.EndsWith(".yaml") && !Exists("src", "MilvusTracing.Hosting", "Metrics", option)).ShouldBeEmpty();
                break;
            case ["kubectl" or "helm", .. var options]:
                options.Where(option => option.StartsWith("deploy/") && !Exists(option)).ShouldBeEmpty();
                break;
            default:
                Programs.ShouldContain(call[0]);
                break;
        }
    }

    private static bool Exists(params string[] path) => Path.Exists(Path.Combine([BuiltProject.Root, .. path]));

    [GeneratedRegex(@"(?<=^|\s)\./(?=run|test|bench)")]
    private static partial Regex LocalProgram();
}
