using System.Net;
using System.Net.Sockets;

namespace MilvusTracing.Tests.Local;

/// <summary><c>--once</c> with the emulator and without the dashboard: Local is its own proof.</summary>
public sealed class OnceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("milvus-tracing-test-");

    private string Cache => Path.Combine(_folder.FullName, "cache");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Proves_a_joined_trace_and_exits_with_0()
    {
        await using var local = LocalProgram.Start("--once", "--no-dashboard");

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldContain("an emulator on http://127.0.0.1:");
        local.Output.ShouldContain("\nquick_setup ");
        local.Output.ShouldMatch(@"\njoined: (\d+) of \1 client calls, 1 root, 0 orphans, \d+ spans \(milvus-client \d+, standalone \d+, segcore 2\)");
    }

    [Fact]
    public async Task Two_at_once_take_different_ports_and_both_prove_their_own()
    {
        await using var one = LocalProgram.Start("--once", "--no-dashboard");
        await using var other = LocalProgram.Start("--once", "--no-dashboard");

        (await one.WaitForExitAsync()).ShouldBe(0, one.Output);
        (await other.WaitForExitAsync()).ShouldBe(0, other.Output);
        (one.Output + other.Output).ShouldContain("(19530 is taken)");
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var local = LocalProgram.Start("--once", "--no-dashboard", "--milvus-port", $"{port}");

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.ErrorOutput.ShouldStartWith($"The Milvus emulator cannot listen on 127.0.0.1:{port}: ");
        local.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_Milvus_of_ones_own_is_told_to_need_a_Jaeger()
    {
        await using var local = LocalProgram.Start(
            ["--once", "--no-dashboard"], new() { ["ConnectionStrings__milvus"] = "Endpoint=http://127.0.0.1:1", ["ConnectionStrings__jaeger"] = null });

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.Lines.ShouldContain("Jaeger     none: ConnectionStrings__jaeger has to name where this Milvus sends its spans");
        local.Lines.ShouldContain("Milvus     the one that ConnectionStrings__milvus names");
    }

    [Theory]
    [InlineData("--milvus-port", "70000", "--milvus-port is '70000'; expected a port from 1 to 65535.")]
    [InlineData("--milvus-port", "x", "--milvus-port is 'x'; expected a port from 1 to 65535.")]
    [InlineData("--once", "--no-worker", "--once and --no-worker exclude each other: without the worker there is no pass to verify.")]
    public async Task Bad_options_are_told_in_a_sentence(string first, string second, string sentence)
    {
        await using var local = LocalProgram.Start(first, second);

        (await local.WaitForExitAsync()).ShouldBe(2);
        local.Output.ShouldBe(sentence);
    }

    [Fact]
    public async Task A_failed_pass_is_not_passed_off_as_joined()
    {
        await using var local = LocalProgram.Start(
            ["--once", "--no-dashboard"], new() { ["ConnectionStrings__milvus"] = "Endpoint=http://127.0.0.1:1;Key=root:Milvus" });

        (await local.WaitForExitAsync()).ShouldBe(1, local.Output);
        local.Output.ShouldContain("\nworker     quick_setup failed at has_collection: ");
        local.Output.ShouldContain("\nnot joined: ");
    }

    [Fact]
    public async Task A_worker_that_cannot_start_is_quoted()
    {
        await using var local = LocalProgram.Start(["--once", "--no-dashboard"], new() { ["Worker__Interval"] = "soon" });

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.ErrorOutput.ShouldStartWith("The worker ended with exit code 2. Its last lines:\n  Worker:Interval is 'soon'; expected ");
    }

    [Fact]
    public async Task A_pass_that_is_not_sampled_is_named_as_such()
    {
        await using var local = LocalProgram.Start(["--once", "--no-dashboard"], new() { ["OTEL_TRACES_SAMPLER"] = "always_off" });

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.Lines[^1].ShouldBe("not sampled, by OTEL_TRACES_SAMPLER: there is no trace to verify");
    }

    [Fact]
    public async Task Without_npm_it_goes_on_without_the_dashboard_and_says_so()
    {
        await using var local = LocalProgram.Start(["--once"], LocalProgram.Machine(_folder, Cache));

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldContain("dashboard  none, going on without it: it comes as an npm package, and there is no npm on the PATH. Install Node.js");
        local.Output.ShouldContain("\njoined: ");
    }

    [Fact]
    public async Task Where_npm_fails_it_is_quoted_and_nothing_half_is_left_behind()
    {
        var machine = LocalProgram.Machine(_folder, Cache, ("npm", "echo npm error code E404 >&2; exit 1"));
        await using var local = LocalProgram.Start(["--once"], machine);

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldMatch(@"going on without it: npm could not install @microsoft/aspire-cli-\S+@13\.5\.4\. It said:\n  npm error code E404\n");
        Directory.GetDirectories(Path.Combine(Cache, "milvus-tracing")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cache_folder_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        await using var local = LocalProgram.Start(["--once"], LocalProgram.Machine(_folder, file, ("npm", "exit 0")));

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Output.ShouldContain($"going on without it: it cannot be installed into {Path.Combine(file, "milvus-tracing")}: ");
        local.Output.ShouldContain("\njoined: ");
    }

    [Fact]
    public async Task An_older_Aspire_on_the_PATH_is_passed_over_and_a_recent_one_is_asked_first()
    {
        await using var old = LocalProgram.Start(["--once"], LocalProgram.Machine(_folder, Cache, ("aspire", "echo 13.3.9+abc")));
        (await old.WaitForExitAsync()).ShouldBe(0, old.Output);
        old.Output.ShouldContain("there is no npm on the PATH");

        _folder.GetDirectories("bin").Single().Delete(recursive: true);
        var machine = LocalProgram.Machine(_folder, Cache, ("aspire", "[ \"$1\" = --version ] && echo 13.6.0-preview.1+abc || { echo it is broken; exit 3; }"));
        await using var recent = LocalProgram.Start(["--once"], machine);
        (await recent.WaitForExitAsync()).ShouldBe(0, recent.Output);
        recent.Output.ShouldContain("going on without it: The dashboard ended with exit code 3. Its last lines:\n  it is broken\n");
    }
}
