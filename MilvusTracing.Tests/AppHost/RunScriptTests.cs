using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary><c>./run</c>, with a <c>dotnet</c> that writes down what it is called with, and once for real.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class RunScriptTests : IDisposable
{
    private readonly DirectoryInfo _repository = Directory.CreateTempSubdirectory("milvus-tracing-test-");

    public RunScriptTests()
    {
        File.Copy(Path.Combine(BuiltProject.Root, "run"), At("run"));
        _repository.CreateSubdirectory("bin");
        AddProgram("docker", "exit 1");
        AddProgram("podman", "exit 1");
        AddProgram("dotnet", "echo \"dotnet $*\"");
    }

    public void Dispose() => _repository.Delete(recursive: true);

    [Theory]
    [InlineData("docker")]
    [InlineData("podman")]
    public async Task Takes_containers_where_a_runtime_answers(string runtime)
    {
        AddProgram(runtime, "[ \"$1\" = info ]");

        var lines = (await RunAsync()).Lines;

        lines[0].ShouldStartWith($"With Milvus and Jaeger in {runtime}, which answers");
        lines[1].ShouldBe("dotnet run --project MilvusTracing.AppHost --launch-profile http");
    }

    [Theory]
    [InlineData("", "because neither docker nor podman answers")]
    [InlineData("--emulator", "because of --emulator")]
    public async Task Takes_the_emulator_elsewhere_and_says_why(string option, string reason)
    {
        var lines = (await RunAsync(option.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Lines;

        lines[0].ShouldBe($"With the Milvus emulator, {reason}");
        lines[1].ShouldBe("dotnet run --project MilvusTracing.AppHost --launch-profile emulator");
    }

    [Fact]
    public async Task Refuses_an_unknown_option_before_it_starts_anything()
    {
        await using var run = await RunAsync("--twice");

        (await run.WaitForExitAsync()).ShouldBe(2);
        run.Output.ShouldBe("./run does not know the option '--twice'; expected --once, --emulator or --help.");
    }

    [Theory]
    [InlineData("joined: 1 of 1 client calls", 0, 0)]
    [InlineData("not joined: 0 of 1 client calls", 16, 1)]
    [InlineData("could not check: nothing answers", 16, 2)]
    public async Task Once_tells_the_verdict_and_ends_with_its_exit_code(string verdict, int status, int expected)
    {
        AddProgram("dotnet", $"echo \"$*\" >> calls; case \"$*\" in *verify-last-trace*) echo '{verdict}'; exit {status} ;; esac");

        await using var run = await RunAsync("--once");

        (await run.WaitForExitAsync()).ShouldBe(expected, run.Output);
        run.Lines.ShouldContain(verdict);
        var calls = await File.ReadAllLinesAsync(At("calls"));
        calls.ShouldContain(call => call.StartsWith("aspire start --isolated"));
        calls[^1].ShouldStartWith("aspire stop");
    }

    [Fact]
    public async Task Once_with_the_emulator_is_joined()
    {
        await using var run = ChildProcess.Start("bash", [Path.Combine(BuiltProject.Root, "run"), "--once", "--emulator"]);

        (await run.WaitForExitAsync()).ShouldBe(0, run.Output);

        run.Lines.ShouldContain(line => line.StartsWith("joined: "));
    }

    private string At(params string[] path) => Path.Combine([_repository.FullName, .. path]);

    private void AddProgram(string name, string script) => Programs.WriteScript(At("bin", name), script);

    private async Task<ChildProcess> RunAsync(params string[] options)
    {
        var run = ChildProcess.Start(
            "bash", [At("run"), .. options], new Dictionary<string, string?> { ["PATH"] = $"{At("bin")}:{Environment.GetEnvironmentVariable("PATH")}" });
        await run.WaitForExitAsync();
        return run;
    }
}
