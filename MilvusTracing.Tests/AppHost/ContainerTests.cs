using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The whole application with a real Milvus and Jaeger in containers.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class ContainerTests(ContainerTests.Application application) : IClassFixture<ContainerTests.Application>
{
    [RequiresFact(Capability.Containers)]
    public async Task A_pass_is_one_joined_trace_with_as_many_spans_in_the_dashboard_as_in_Jaeger()
    {
        var running = await application.StartedAsync();

        await running.NextPassAsync();

        await ShouldBeJoinedAlikeAsync(running);
    }

    [RequiresFact(Capability.Containers)]
    public async Task After_a_restart_of_Milvus_traces_join_again()
    {
        var running = await application.StartedAsync();
        await running.NextPassAsync();

        await running.RestartAsync("milvus");
        // Milvus serves a moment before it traces: the first pass may lack a call.
        await running.NextPassAsync();
        await running.NextPassAsync();

        await ShouldBeJoinedAlikeAsync(running);
    }

    [RequiresFact(Capability.Containers)]
    public async Task After_a_restart_of_Jaeger_with_a_volume_old_traces_are_there_and_new_ones_join_by_themselves()
    {
        var running = await application.StartedAsync();
        var before = await running.NextPassAsync();
        (await running.VerifyTraceAsync(before)).EnsureJoined();

        await running.RestartAsync("jaeger");
        (await running.VerifyTraceAsync(before)).EnsureJoined();
        // The first pass may have begun before.
        await running.NextPassAsync();
        await running.NextPassAsync();

        await ShouldBeJoinedAlikeAsync(running);
    }

    [RequiresFact(Capability.Containers, Capability.Browser)]
    public async Task The_trace_page_shows_the_workers_and_Milvuss_spans_in_one_trace()
    {
        var running = await application.StartedAsync();
        var trace = await running.NextPassAsync();
        (await running.VerifyLastTraceAsync()).Success.ShouldBeTrue();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await browser.OpenAsync(new Uri(running.Dashboard, $"/traces/detail/{trace}"));

        await browser.WaitForTextAsync("quick_setup", "milvus-client", "standalone", "Proxy-HasCollection");
        await browser.SavePictureAsync(Path.Combine(BuiltProject.Root, "artifacts", "joined-trace.png"));
    }

    [RequiresFact(Capability.Containers, Capability.Browser)]
    public async Task The_metrics_page_shows_how_long_Milvuss_operations_take()
    {
        var running = await application.StartedAsync();
        await running.NextPassAsync();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await browser.OpenAsync(new Uri(running.Dashboard, "/metrics/resource/standalone?meter=spanmetricsconnector&instrument=duration"));

        await browser.WaitForTextAsync("P50 Milliseconds", "P99 Milliseconds", "span.name", "status.code");
    }

    [RequiresFact(Capability.Containers)]
    public async Task A_dashboard_that_refuses_the_relays_key_is_told_of()
    {
        await using var running = await RunningAppHost.WithContainersAsync(
            builder => builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single()).WithEnvironment("DASHBOARD_OTLP_API_KEY", "wrong"),
            isSecured: true);
        await running.NextPassAsync();

        var result = await running.VerifyLastTraceAsync();

        result.Success.ShouldBeFalse(result.Message);
        result.Message.ShouldNotBeNull().ShouldContain("dashboard 0 of ");
    }

    private static async Task ShouldBeJoinedAlikeAsync(RunningAppHost running)
    {
        var result = await running.VerifyLastTraceAsync();
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        var spans = Regex.Match(result.Message.ShouldNotBeNull(), @"^joined: .* (\d+) spans .*; dashboard (\d+) of \1$");
        spans.Success.ShouldBeTrue(result.Message);
        spans.Groups[2].Value.ShouldBe(spans.Groups[1].Value);
    }

    /// <summary>Started by the first test that is not skipped.</summary>
    public sealed class Application : IAsyncLifetime
    {
        private readonly string _volume = $"milvus-tracing-tests-{Guid.NewGuid():N}";
        private RunningAppHost? _running;

        internal async Task<RunningAppHost> StartedAsync() => _running ??= await RunningAppHost.WithContainersAsync(
            builder => builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single()).WithDataVolume(_volume));

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_running is not null)
            {
                await _running.DisposeAsync();
                await using var remove = ChildProcess.Start(Programs.Find("docker", "podman")!, ["volume", "rm", "--force", _volume]);
                await remove.WaitForExitAsync();
            }
        }
    }
}
