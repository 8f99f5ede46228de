using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary><c>./run</c>, with a <c>dotnet</c> that writes down what it is called with, and once for real.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed partial class RunScriptTests : IDisposable
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
        lines[^1].ShouldBe("dotnet run --project MilvusTracing.AppHost --no-build --launch-profile http");
    }

    [Theory]
    [InlineData("", "because neither docker nor podman answers")]
    [InlineData("--emulator", "because of --emulator")]
    public async Task Takes_the_emulator_elsewhere_and_says_why(string option, string reason)
    {
        var lines = (await RunAsync(option.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Lines;

        lines[0].ShouldBe($"With the Milvus emulator, {reason}");
        lines[^1].ShouldBe("dotnet run --project MilvusTracing.AppHost --no-build --launch-profile emulator");
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_at_once_build_one_after_the_other(bool hasFlock)
    {
        AddProgram("dotnet", "[ $1 != build ] || { echo begins >> calls; until [ -e go ]; do sleep 0.1; done; echo ends >> calls; }");
        var path = hasFlock ? null : PathOf("bash", "sh", "dirname", "mkdir", "rmdir", "sed", "sleep");
        await using var first = Start(path);
        await first.WaitForLineAsync("Building");

        await using var second = Start(path);
        await second.WaitForLineAsync("Waiting for another ./run, which is building");
        File.WriteAllText(At("go"), "");

        (await first.WaitForExitAsync()).ShouldBe(0, first.Output);
        (await second.WaitForExitAsync()).ShouldBe(0, second.Output);
        File.ReadAllLines(At("calls")).ShouldBe(["begins", "ends", "begins", "ends"]);
    }

    [Fact]
    public async Task Says_so_where_another_one_has_the_ports()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        File.WriteAllText(
            Path.Combine(_repository.CreateSubdirectory("MilvusTracing.AppHost/Properties").FullName, "launchSettings.json"),
            $"\"ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL\": \"http://localhost:{((IPEndPoint)other.LocalEndpoint).Port}\"");

        await using var run = await RunAsync();

        (await run.WaitForExitAsync()).ShouldBe(1);
        run.ErrorOutput.ShouldStartWith($"Port {((IPEndPoint)other.LocalEndpoint).Port} is taken, most likely by another ./run");
        run.Output.ShouldNotContain("dotnet run");
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGINT, 130, "--once")]
    [InlineData(PosixSignal.SIGQUIT, 131)]
    [InlineData(PosixSignal.SIGTERM, 143, "--once")]
    public async Task Stopped_while_it_builds_it_ends_as_stopped_programs_do(PosixSignal signal, int expected, params string[] options)
    {
        // No child but the shell itself: a shell that Ctrl+C finds waiting for a child that ends well goes on.
        AddProgram("dotnet", "[ $1 != build ] || { : > builds; exec sleep 600; }");
        await using var run = Start(null, options);
        await run.WaitForLineAsync(options.Length == 0 ? "Building" : "Starting");
        await UntilAsync("builds");

        run.SignalGroup(signal);

        (await run.WaitForExitAsync()).ShouldBe(expected, run.Output);
        run.Output.ShouldNotContain("Could not check");
    }

    [Fact]
    public async Task Stopped_as_the_application_starts_it_stops_that_when_it_has()
    {
        AddProgram("dotnet", "[ \"$2\" != start ] || { touch starts; until [ -e go ]; do sleep 0.05; done; }; echo \"$*\" >> calls");
        await using var run = Start(null, "--once");
        await UntilAsync("starts");

        run.SignalGroup(PosixSignal.SIGINT);
        await run.WaitForLineAsync("Stopping");
        File.WriteAllText(At("go"), "");

        (await run.WaitForExitAsync()).ShouldBe(130, run.Output);
        (await File.ReadAllLinesAsync(At("calls")))[^2..].Select(call => call.Split(' ')[1]).ShouldBe(["start", "stop"]);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGQUIT, 131)]
    public async Task Stopped_as_the_real_application_starts_it_leaves_nothing_running(PosixSignal signal, int expected)
    {
        var mark = (Name: "RUN_SCRIPT_TEST", Value: Guid.NewGuid().ToString());
        await using var run = ChildProcess.Start(
            "setsid",
            ["bash", Path.Combine(BuiltProject.Root, "run"), "--once", "--emulator"],
            new Dictionary<string, string?> { [mark.Name] = mark.Value, ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false" });
        await run.WaitForLineAsync("Starting");
        await Processes.WaitAsync(mark, processes => processes.Values.Any(command => AppHost().IsMatch(command)));

        run.SignalGroup(signal);

        (await run.WaitForExitAsync()).ShouldBe(expected, run.Output);
        await Processes.WaitAsync(mark, processes => processes.Count == 0);
    }

    /// <summary>The AppHost itself, and none of the commands about it.</summary>
    [GeneratedRegex(@"bin/\S*/MilvusTracing\.AppHost(\.dll)? ")]
    private static partial Regex AppHost();

    private string At(params string[] path) => Path.Combine([_repository.FullName, .. path]);

    private void AddProgram(string name, string script) => Programs.WriteScript(At("bin", name), script);

    private async Task<ChildProcess> RunAsync(params string[] options)
    {
        var run = Start(null, options);
        await run.WaitForExitAsync();
        return run;
    }

    /// <param name="path">Where its programs are, beside those of this test; null: where they usually are.</param>
    /// <param name="options">Its options.</param>
    private ChildProcess Start(string? path, params string[] options) => ChildProcess.Start(
        "setsid", ["bash", At("run"), .. options], new Dictionary<string, string?> { ["PATH"] = $"{At("bin")}:{path ?? Environment.GetEnvironmentVariable("PATH")}" });

    /// <returns>A folder of these programs and no others.</returns>
    private string PathOf(params string[] programs)
    {
        var folder = _repository.CreateSubdirectory("programs").FullName;
        foreach (var program in programs)
        {
            File.CreateSymbolicLink(Path.Combine(folder, program), Programs.Find(program)!);
        }

        return folder;
    }

    /// <summary>Waits until one of this test's programs has made a file.</summary>
    private async Task UntilAsync(string file)
    {
        using var limit = new CancellationTokenSource(Timeouts.Limit);
        while (!File.Exists(At(file)))
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
