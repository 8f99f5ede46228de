using System.Diagnostics;
using System.Runtime.InteropServices;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Local;

public sealed class StoppingTests
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task A_signal_stops_everything_in_good_order(PosixSignal signal)
    {
        await using var local = LocalProgram.Start("--no-dashboard");
        await local.WaitForLineAsync("Ctrl+C stops everything.");
        var children = ProcessTree.Descendants(local.Id);
        children.Values.ShouldContain(command => command.Contains("MilvusTracing.Worker.dll"));

        local.Signal(signal);

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Lines[^1].ShouldBe("stopping ...");
        await ProcessTree.WaitUntilGoneAsync(children);
    }

    [Fact]
    public async Task Even_when_it_is_killed_nothing_it_started_goes_on()
    {
        await using var local = LocalProgram.Start("--no-dashboard");
        await local.WaitForLineAsync("joined: ");
        var children = ProcessTree.Descendants(local.Id);

        Process.GetProcessById(local.Id).Kill(entireProcessTree: false);

        await ProcessTree.WaitUntilGoneAsync(children);
    }

    [Fact]
    public async Task A_worker_that_dies_ends_the_run_with_a_sentence()
    {
        await using var local = LocalProgram.Start("--no-dashboard");
        await local.WaitForLineAsync("joined: ");
        var worker = ProcessTree.Find(local.Id, "MilvusTracing.Worker.dll");

        Process.GetProcessById(worker).Kill();

        (await local.WaitForExitAsync()).ShouldBe(2, local.Output);
        local.ErrorOutput.ShouldStartWith("The worker ended with exit code 137. Its last lines:\n  ");
    }

    [Fact]
    public async Task Each_pass_after_the_first_is_one_line()
    {
        await using var local = LocalProgram.Start(["--no-dashboard"], new() { ["Worker__Passes"] = "2", ["Worker__Interval"] = "4" });

        (await local.WaitForExitAsync()).ShouldBe(0, local.Output);
        local.Lines.Count(line => line.StartsWith("quick_setup")).ShouldBe(1);
        local.Lines[^1].ShouldMatch(@"^\d\d:\d\d:\d\d  joined: .*; trace [0-9a-f]{32}$");
    }
}
