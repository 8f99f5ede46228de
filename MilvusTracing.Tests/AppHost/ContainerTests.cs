using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The application with Milvus and Jaeger in containers.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed class ContainerTests(ContainerTests.Application application) : IClassFixture<ContainerTests.Application>
{
    [RequiresFact(Capability.Containers)]
    public async Task A_pass_is_one_joined_trace_in_Jaeger_and_the_dashboard()
    {
        var running = await application.StartedAsync();

        await running.NextPassAsync();

        await ShouldBeJoinedInBothAsync(running);
    }

    [RequiresFact(Capability.Containers)]
    public async Task After_a_restart_of_Milvus_traces_join_again()
    {
        var running = await application.StartedAsync();
        await running.NextPassAsync();

        await running.RestartAsync("milvus");
        // Milvus accepts requests shortly before it traces them, so the first pass may miss spans.
        await running.NextPassAsync();
        await running.NextPassAsync();

        await ShouldBeJoinedInBothAsync(running);
    }

    [RequiresFact(Capability.Containers)]
    public async Task After_a_restart_of_Jaeger_with_a_volume_old_traces_remain_and_new_ones_join()
    {
        var running = await application.StartedAsync();
        var before = await running.NextPassAsync();
        (await running.VerifyTraceAsync(before)).EnsureJoined();

        await running.RestartAsync("jaeger");
        (await running.VerifyTraceAsync(before)).EnsureJoined();
        // The first pass may have started before the restart.
        await running.NextPassAsync();
        await running.NextPassAsync();

        await ShouldBeJoinedInBothAsync(running);
    }

    [RequiresFact(Capability.Containers, Capability.Browser)]
    public async Task The_dashboard_shows_the_workers_and_Milvuss_spans_in_one_trace()
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
    public async Task The_dashboard_shows_the_durations_of_Milvuss_operations()
    {
        var running = await application.StartedAsync();
        await running.NextPassAsync();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await browser.OpenAsync(new Uri(running.Dashboard, "/metrics/resource/standalone?meter=spanmetricsconnector&instrument=duration"));

        await browser.WaitForTextAsync("P50 Milliseconds", "P99 Milliseconds", "span.name", "status.code");
    }

    [RequiresFact(Capability.Containers)]
    public async Task A_wrong_API_key_for_the_dashboard_is_reported()
    {
        await using var running = await RunningAppHost.WithContainersAsync(
            builder => builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single()).WithEnvironment("DASHBOARD_OTLP_API_KEY", "wrong"),
            isSecured: true);
        await running.NextPassAsync();

        var result = await running.VerifyLastTraceAsync();

        result.Success.ShouldBeFalse(result.Message);
        result.Message.ShouldNotBeNull().ShouldContain("dashboard 0 of ");
    }

    private static async Task ShouldBeJoinedInBothAsync(RunningAppHost running)
    {
        var result = await running.VerifyLastTraceAsync();
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        var spans = Regex.Match(result.Message.ShouldNotBeNull(), @"^joined: .* (\d+) spans .*; dashboard (\d+) of \1$");
        spans.Success.ShouldBeTrue(result.Message);
        spans.Groups[2].Value.ShouldBe(spans.Groups[1].Value);
    }

    public sealed class Application : RunningAppHost.Fixture
    {
        private readonly string _volume = $"milvus-tracing-tests-{Guid.NewGuid():N}";
        private bool _isStarted;

        public override async Task DisposeAsync()
        {
            await base.DisposeAsync();
            if (_isStarted)
            {
                await using var remove = ChildProcess.Start(Programs.Find("docker", "podman")!, ["volume", "rm", "--force", _volume]);
                await remove.WaitForExitAsync();
            }
        }

        protected override Task<RunningAppHost> StartAsync()
        {
            _isStarted = true;
            return RunningAppHost.WithContainersAsync(
                builder => builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single()).WithDataVolume(_volume));
        }
    }
}
