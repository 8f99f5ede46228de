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
    public async Task After_a_restart_of_Milvus_traces_join_again_and_its_log_is_in_them_once()
    {
        var running = await application.StartedAsync();
        await running.LogShouldBeInTraceAsync(await running.NextPassAsync());
        await ShouldBeJoinedInBothAsync(running);

        await running.RestartAsync("milvus");
        // Milvus accepts requests shortly before it traces them, so the first pass may miss spans.
        await running.NextPassAsync();
        await running.LogShouldBeInTraceAsync(await running.NextPassAsync());

        await ShouldBeJoinedInBothAsync(running);
        (await running.LogsAsync("severity=warning")).ShouldContain(record => (int)record["severityNumber"]! >= 13);
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
    public async Task The_dashboard_shows_a_trace_and_the_durations_of_Milvuss_operations()
    {
        var running = await application.StartedAsync();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);

        await running.TraceShouldBeShownAsync(browser, "joined-trace.png");

        await browser.OpenAsync(new Uri(running.Dashboard, "/metrics/resource/standalone?meter=spanmetricsconnector&instrument=duration"));
        await browser.WaitForTextAsync("P50 Milliseconds", "P99 Milliseconds", "span.name", "status.code");
    }

    private static async Task ShouldBeJoinedInBothAsync(RunningAppHost running)
    {
        var result = await running.VerifyLastTraceAsync();
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        result.Message.ShouldNotBeNull().ShouldMatch(@"^joined: .* (\d+) spans .*; dashboard \1 of \1$");
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
