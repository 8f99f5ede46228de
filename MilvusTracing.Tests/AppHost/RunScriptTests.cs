using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary><c>./run</c>, in most tests with a fake <c>dotnet</c> that records its arguments.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed partial class RunScriptTests : IDisposable
{
    private const string WorkerIsRunning = """{"name":"w-1","displayName":"milvus-client","resourceType":"Project","state":"Running"}""";

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
    [InlineData("docker", "http")]
    [InlineData("podman", "http")]
    [InlineData("docker", "emulator", "--emulator")]
    [InlineData(null, "emulator")]
    public async Task Uses_containers_if_a_runtime_is_running(string? runtime, string profile, params string[] options)
    {
        if (runtime is not null)
        {
            AddProgram(runtime, "[ \"$1\" = info ]");
        }

        await using var run = Start(options);

        (await run.WaitForExitAsync()).ShouldBe(0, run.Output);
        run.Lines[0].ShouldContain(profile == "http" ? $"in {runtime}" : "emulator");
        run.Lines[^1].ShouldBe($"dotnet run --project MilvusTracing.AppHost --launch-profile {profile}");
    }

    [Fact]
    public async Task Rejects_an_unknown_option()
    {
        await using var run = Start("--twice");

        (await run.WaitForExitAsync()).ShouldBe(2);
        run.Lines.ShouldHaveSingleItem().ShouldContain("'--twice'");
    }

    [Theory]
    [InlineData("joined: 1 of 1 client calls", 0, 0)]
    [InlineData("not joined: 0 of 1 client calls", 16, 1)]
    [InlineData("could not check: nothing responds", 16, 2)]
    public async Task Once_prints_the_report_stops_the_application_and_exits_with_the_outcome(string report, int status, int expected)
    {
        AddProgram(
            "dotnet",
            $"echo \"$*\" >> calls; case \"$*\" in *describe*) echo '{WorkerIsRunning}' ;; *verify-last-trace*) echo '{report}'; exit {status} ;; esac");

        await using var run = Start("--once");

        (await run.WaitForExitAsync()).ShouldBe(expected, run.Output);
        run.Output.ShouldContain(report);
        (await File.ReadAllLinesAsync(At("calls")))[^1].ShouldStartWith("aspire stop");
    }

    [Fact]
    public async Task Once_with_the_emulator_is_joined()
    {
        await using var run = StartReal();

        (await run.WaitForExitAsync()).ShouldBe(0, run.Output);

        run.Lines.ShouldContain(line => line.StartsWith("joined: "));
    }

    [Fact]
    public async Task Once_reports_a_Milvus_that_cannot_start_with_its_state_and_its_log()
    {
        await using var run = StartReal(("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing.pem"));

        (await run.WaitForExitAsync()).ShouldBe(2, run.Output);

        run.ErrorOutput.ShouldContain("milvus is Finished");
        run.ErrorOutput.ShouldContain("/missing.pem");
        run.Output.ShouldNotContain('\e');
    }

    [Fact]
    public async Task Once_reports_a_Milvus_that_rejects_the_password()
    {
        File.WriteAllText(
            At("milvus"),
            """{"displayName":"milvus","resourceType":"Container","state":"Running","healthReports":{"grpc":"""
            + """{"status":"Unhealthy","description":"wrong password of \u0027root\u0027"}}}""");
        AddProgram("dotnet", "case \"$*\" in *describe*) cat milvus; echo ;; *logs*) printf '\\033[31mlast line\\033[0m' ;; esac");

        await using var run = Start("--once");

        (await run.WaitForExitAsync()).ShouldBe(2, run.Output);
        run.ErrorOutput.ShouldContain("milvus is Running: wrong password of 'root'\nlast line");
        run.Output.ShouldNotContain('\e');
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGINT, 130, "--once")]
    [InlineData(PosixSignal.SIGTERM, 143, "--once")]
    public async Task Stopped_during_the_build_it_exits_with_the_code_of_the_signal(PosixSignal signal, int expected, params string[] options)
    {
        AddProgram("dotnet", "[ $1 = tool ] || { : > builds; exec sleep 600; }");
        await using var run = Start(options);
        await Timeouts.PollAsync(() => File.Exists(At("builds")), () => run.Output);

        run.SignalGroup(signal);

        (await run.WaitForExitAsync()).ShouldBe(expected, run.Output);
        run.Output.ShouldNotContain("Could not check");
    }

    [Fact]
    public async Task Stopped_during_the_start_of_the_real_application_it_leaves_no_process()
    {
        var mark = (Name: "RUN_SCRIPT_TEST", Value: Guid.NewGuid().ToString());
        await using var run = StartReal(mark, ("MSBUILDDISABLENODEREUSE", "1"), ("UseSharedCompilation", "false"));
        await Processes.WaitAsync(mark, processes => processes.Values.Any(command => AppHostProcess().IsMatch(command)));

        run.SignalGroup(PosixSignal.SIGINT);

        (await run.WaitForExitAsync()).ShouldBe(130, run.Output);
        await Processes.WaitAsync(mark, processes => processes.Count == 0);
    }

    [Fact]
    public async Task Build_reads_the_cached_result_of_the_feed_probe()
    {
        var standIns = _repository.CreateSubdirectory("stand-ins").FullName;
        foreach (var file in new[] { "Directory.Build.targets", "stand-ins/stand-ins.targets", "stand-ins/probe" })
        {
            File.Copy(Path.Combine(BuiltProject.Root, file), At(file));
        }

        File.WriteAllText(Path.Combine(standIns, "App.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\" />");
        AddProgram("dotnet", "[ $1 != restore ] || { echo 'error NU1101: Unable to find package Aspire.Milvus.Client. No packages exist'; exit 1; }");
        await using (var run = Start())
        {
            (await run.WaitForExitAsync()).ShouldBe(0, run.Output);
            run.Output.ShouldContain("Aspire.Milvus.Client");
        }

        await using var msbuild = ChildProcess.Start(
            "dotnet",
            ["msbuild", Path.Combine(standIns, "App.csproj"), "-getProperty:UseStandIns"],
            new Dictionary<string, string?> { ["UseStandIns"] = null });

        (await msbuild.WaitForExitAsync()).ShouldBe(0, msbuild.Output);
        msbuild.Output.ShouldBe("True");
    }

    /// <summary>The AppHost process itself, not the commands that start it.</summary>
    [GeneratedRegex(@"bin/\S*/MilvusTracing\.AppHost(\.dll)? ")]
    private static partial Regex AppHostProcess();

    private string At(string path) => Path.Combine(_repository.FullName, path);

    private void AddProgram(string name, string script) => Programs.WriteScript(At($"bin/{name}"), script);

    private static ChildProcess StartReal(params (string Name, string Value)[] variables) => ChildProcess.Start(
        "setsid",
        ["bash", Path.Combine(BuiltProject.Root, "run"), "--once", "--emulator"],
        variables.ToDictionary(variable => variable.Name, variable => (string?)variable.Value));

    private ChildProcess Start(params string[] options) => ChildProcess.Start(
        "setsid",
        ["bash", At("run"), .. options],
        new Dictionary<string, string?>
        {
            ["PATH"] = $"{At("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["UseStandIns"] = null,
        });
}
