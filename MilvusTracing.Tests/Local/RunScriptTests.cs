using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Local;

/// <summary><c>./run</c> with a <c>dotnet</c> that only writes down what it is called with.</summary>
public sealed class RunScriptTests : IDisposable
{
    private readonly DirectoryInfo _repository = Directory.CreateTempSubdirectory("milvus-tracing-test-");

    public RunScriptTests()
    {
        File.Copy(Path.Combine(BuiltProject.Root, "run"), At("run"));
        foreach (var project in new[] { "MilvusTracing.Local", "MilvusTracing.Worker", "MilvusTracing.Verifier", "MilvusTracing.ServiceDefaults" })
        {
            _repository.CreateSubdirectory(project);
            File.WriteAllText(At(project, "Program.cs"), "");
        }
        File.WriteAllText(At("Directory.Build.props"), "");
        File.WriteAllText(At("global.json"), "");
        _repository.CreateSubdirectory("bin");
        AddProgram(
            "dotnet",
            """
            echo "dotnet $*"
            case $1 in build) mkdir -p MilvusTracing.Local/bin/Debug/net10.0; touch MilvusTracing.Local/bin/Debug/net10.0/MilvusTracing.Local.dll ;; esac
            """);
        AddProgram("docker", "exit 1");
        AddProgram("podman", "exit 1");
    }

    public void Dispose() => _repository.Delete(recursive: true);

    [Theory]
    [InlineData("docker")]
    [InlineData("podman")]
    public async Task Starts_the_AppHost_where_packages_and_a_container_runtime_are_there(string runtime)
    {
        AddProgram(runtime, "[ \"$1\" = info ]");

        var lines = await RunAsync(standIns: false);

        lines[0].ShouldStartWith($"MilvusTracing.AppHost, with {runtime}: ");
        lines[1].ShouldBe("dotnet run --project MilvusTracing.AppHost --launch-profile http");
    }

    [Theory]
    [InlineData(false, "", "because neither docker nor podman answers")]
    [InlineData(true, "", "because the NuGet feed lacks Aspire's packages")]
    [InlineData(false, "--local", "because of --local")]
    [InlineData(false, "--once", "because of --once")]
    public async Task Starts_Local_elsewhere_and_says_why(bool standIns, string option, string reason)
    {
        var lines = await RunAsync(standIns, option.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        lines[0].ShouldBe($"MilvusTracing.Local, from processes, {reason}");
        lines[^1].ShouldBe($"dotnet MilvusTracing.Local/bin/Debug/net10.0/MilvusTracing.Local.dll {option.Replace("--local", "")}".TrimEnd());
    }

    [Fact]
    public async Task Hands_Locals_options_on()
        => (await RunAsync(standIns: false, "--local", "--milvus-port", "19531"))[^1].ShouldEndWith("MilvusTracing.Local.dll --milvus-port 19531");

    [Fact]
    public async Task Builds_only_where_something_has_changed()
    {
        (await RunAsync(standIns: false, "--local")).ShouldContain(line => line.StartsWith("dotnet build"));
        (await RunAsync(standIns: false, "--local")).ShouldNotContain(line => line.StartsWith("dotnet build"));

        File.SetLastWriteTimeUtc(At("MilvusTracing.Worker", "Program.cs"), DateTime.UtcNow.AddSeconds(1));
        (await RunAsync(standIns: false, "--local")).ShouldContain(line => line.StartsWith("dotnet build"), "a file is newer");

        File.SetLastWriteTimeUtc(At("MilvusTracing.Worker", "Program.cs"), DateTime.UtcNow.AddHours(-1));
        await RunAsync(standIns: false, "--local");
        File.Delete(At("MilvusTracing.Verifier", "Program.cs"));
        (await RunAsync(standIns: false, "--local")).ShouldContain(line => line.StartsWith("dotnet build"), "a file is gone");
        (await RunAsync(standIns: true, "--local")).ShouldContain(line => line.StartsWith("dotnet build"), "other packages");
    }

    [Fact]
    public async Task A_build_that_fails_ends_it_and_is_tried_again()
    {
        AddProgram("dotnet", "echo \"dotnet $*\"; [ \"$1\" != build ]");
        (await RunAsync(standIns: false, "--local"))[^1].ShouldBe("The build failed; what is wrong stands above.");
        (await RunAsync(standIns: false, "--local")).ShouldContain(line => line.StartsWith("dotnet build"));
    }

    [Fact]
    public async Task Packages_are_chosen_by_true_or_false_and_by_nothing_else()
    {
        _repository.CreateSubdirectory("stand-ins");
        File.Copy(Path.Combine(BuiltProject.Root, "stand-ins", "probe"), At("stand-ins", "probe"));

        (await RunAsync(useStandIns: "yes")).ShouldHaveSingleItem().ShouldBe("UseStandIns is 'yes'; expected true or false, or nothing, which asks the NuGet feed.");
    }

    private string At(params string[] path) => Path.Combine([_repository.FullName, .. path]);

    private void AddProgram(string name, string script) => Programs.WriteScript(At("bin", name), script);

    private Task<IReadOnlyList<string>> RunAsync(bool standIns, params string[] options) => RunAsync(standIns ? "true" : "false", options);

    private async Task<IReadOnlyList<string>> RunAsync(string useStandIns, params string[] options)
    {
        await using var run = ChildProcess.Start("bash", [At("run"), .. options], new Dictionary<string, string?>
        {
            ["PATH"] = $"{At("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["UseStandIns"] = useStandIns,
        });
        await run.WaitForExitAsync();
        return run.Lines;
    }
}
