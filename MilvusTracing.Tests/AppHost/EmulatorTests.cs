using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The whole application without any container.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class EmulatorTests : IAsyncLifetime
{
    private RunningAppHost _application = null!;

    public async Task InitializeAsync() => _application = await RunningAppHost.WithEmulatorAsync();

    public async Task DisposeAsync() => await _application.DisposeAsync();

    [Fact]
    public async Task A_pass_is_one_joined_trace_in_the_dashboard()
    {
        await _application.NextPassAsync();

        var result = await _application.VerifyLastTraceAsync();

        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        result.Message.ShouldNotBeNull().ShouldStartWith("joined: ");
        result.Message.ShouldContain("segcore");
    }

    [Fact]
    public async Task A_pass_calls_Milvus_without_errors_and_its_slowest_search_is_explained()
    {
        var trace = await _application.NextPassAsync();

        (await _application.VerifyTraceAsync(trace)).EnsureJoined().EnsureNoErrors().EnsureWithin("search", TimeSpan.FromSeconds(30)).EnsureMilvusCalls(atMost: 100);

        var result = await _application.ExplainSlowestSearchAsync();
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        result.Message.ShouldNotBeNull().ShouldStartWith("search");
        result.Data.ShouldNotBeNull().Value.ShouldContain("client and network");
    }

    [RequiresFact(Capability.Browser)]
    public async Task The_trace_page_shows_the_workers_and_Milvuss_spans_in_one_trace()
    {
        var trace = await _application.NextPassAsync();
        (await _application.VerifyLastTraceAsync()).Success.ShouldBeTrue();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await browser.OpenAsync(new Uri(_application.Dashboard, $"/traces/detail/{trace}"));

        await browser.WaitForTextAsync("quick_setup", "milvus-client", "standalone", "Proxy-HasCollection");
        await browser.SavePictureAsync(Path.Combine(BuiltProject.Root, "artifacts", "joined-trace-emulator.png"));
    }
}
