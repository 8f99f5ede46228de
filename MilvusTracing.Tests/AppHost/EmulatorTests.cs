using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The application without containers.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class EmulatorTests
{
    [Fact]
    public async Task A_pass_is_one_joined_trace_without_errors_with_Milvuss_log_and_an_explained_search()
    {
        await using var running = await RunningAppHost.WithEmulatorAsync();
        var trace = await running.NextPassAsync();

        (await running.VerifyTraceAsync(trace)).EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(30)).EnsureMilvusCalls(atMost: 100);

        var explanation = await running.ExplainSlowestSearchAsync();
        explanation.Success.ShouldBeTrue($"{explanation.Message}\n{explanation.Data?.Value}");
        explanation.Message.ShouldNotBeNull().ShouldStartWith("search");
        explanation.Data.ShouldNotBeNull().Value.ShouldContain("client and network");

        await running.LogShouldBeInTraceAsync(trace);
        await running.RestartAsync("milvus");
        await running.LogShouldBeInTraceAsync(await running.NextPassAsync());
    }

    /// <summary>F5 and <c>dotnet run</c> use the https profile, with a secured dashboard.</summary>
    [Fact]
    public async Task With_the_https_profile_the_first_pass_is_verified_in_the_dashboard()
    {
        await using var createCertificate = ChildProcess.Start("dotnet", ["dev-certs", "https"]);
        (await createCertificate.WaitForExitAsync()).ShouldBe(0, createCertificate.Output);
        await using var running = await RunningAppHost.WithEmulatorAsync("https", isSecured: true);

        var result = await running.VerifyLastTraceAsync();

        running.Dashboard.Scheme.ShouldBe("https");
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        result.Message.ShouldNotBeNull().ShouldStartWith("joined: ");
        result.Message.ShouldContain("segcore");
        result.Data.ShouldNotBeNull().Value.ShouldContain($"({running.Dashboard}traces/detail/");
    }

    [Fact]
    public async Task The_verify_command_shows_why_the_worker_has_failed_before_its_first_trace()
    {
        await using var running = await RunningAppHost.WithEmulatorAsync(workerInterval: "often");

        var result = await running.VerifyLastTraceAsync();

        result.Success.ShouldBeFalse();
        result.Message.ShouldNotBeNull().ShouldStartWith("could not check: milvus-client has not sent a trace yet: ");
        result.Message.ShouldContain("exit code 2");
        result.Message.ShouldContain("Worker:Interval");
    }
}
