using System.Text;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Milvus;
using Milvus.Client;
using MilvusTracing.Tests.Hosting.Metrics;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The application with Milvus and Jaeger in containers.</summary>
[Collection(RunningAppHost.OneAtATime)]
public sealed partial class ContainerTests(ContainerTests.Application application) : IClassFixture<ContainerTests.Application>
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

        var trace = await running.NextPassAsync();
        (await running.VerifyLastTraceAsync()).Success.ShouldBeTrue();
        await browser.OpenAsync(new Uri(running.Dashboard, $"/traces/detail/{trace}"));
        await browser.WaitForTextAsync("quick_setup", "milvus-client", "standalone", "Proxy-HasCollection");
        await browser.SavePictureAsync(Path.Combine(BuiltProject.Root, "artifacts", "joined-trace.png"));

        await browser.OpenAsync(new Uri(running.Dashboard, "/metrics/resource/standalone?meter=spanmetricsconnector&instrument=duration"));
        await browser.WaitForTextAsync("P50 Milliseconds", "P99 Milliseconds", "span.name", "status.code");
    }

    [RequiresFact(Capability.Containers, Capability.Browser)]
    public async Task The_dashboard_shows_Milvuss_own_metrics_and_its_search_counter_rises_by_the_number_of_searches()
    {
        const int Searches = 7;
        const string Counter = "milvus_proxy_search_vectors_count";
        const string Latency = "milvus_proxy_sq_latency";
        var running = await application.StartedAsync();
        var (connection, metrics) = await running.MilvusAsync();
        await using var browser = await Browser.StartAsync(width: 1400, height: 900);
        Uri Page(string instrument, string view) => new(
            running.Dashboard,
            $"/metrics/resource/milvus?meter=github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver&instrument={instrument}&view={view}");

        await browser.OpenAsync(new Uri(running.Dashboard, "/metrics/resource/milvus"));
        await browser.WaitForTextAsync([.. CuratedMetrics.Documented.Except(CuratedMetrics.UnderLoad)]);
        await browser.OpenAsync(Page(Latency, "Graph"));
        await browser.WaitForTextAsync("query_type", "P50", "P99");
        await browser.SavePictureAsync(Path.Combine(BuiltProject.Root, "artifacts", "own-metrics.png"));
        MetricName().Matches(await browser.TextAsync()).Select(name => name.Value).Distinct().ShouldBeSubsetOf(CuratedMetrics.Documented);

        // The worker makes the next pass after 5 seconds.
        await running.NextPassAsync();
        await running.StopAsync("milvus-client");
        try
        {
            var before = await ValueAsync();
            await browser.OpenAsync(Page(Counter, "Table"));
            await ShownAsync(before);
            using (var client = new MilvusClient(new Uri((string)connection["Endpoint"]), apiKey: (string)connection["Key"]))
            {
                for (var i = 0; i < Searches; i++)
                {
                    await client.GetCollection("quick_setup").SearchAsync("vector", [new ReadOnlyMemory<float>([1, 2, 3, 4, 5])], SimilarityMetricType.Cosine, limit: 1);
                }
            }

            (await ValueAsync()).ShouldBe(before + Searches);
            await ShownAsync(before + Searches);
        }
        finally
        {
            await running.StartAsync("milvus-client");
        }

        async Task<int> ValueAsync()
        {
            using var http = new HttpClient();
            http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes((string)connection["Key"])));
            var lines = (await http.GetStringAsync(metrics)).Split('\n');
            return lines.Where(line => line.StartsWith($"{Counter}{{")).Sum(line => int.Parse(line.Split(' ')[^1]));
        }

        // The table has a row for each change.
        Task ShownAsync(int value) => browser.WaitForTextAsync(
            text => text.Split(['\n', '\t'], StringSplitOptions.TrimEntries).Contains($"{value}"), () => $"{value} as {Counter}");
    }

    [GeneratedRegex(@"\b(milvus_|process_|go_|internal_|knowhere_|scrape_)\w+|^up$", RegexOptions.Multiline)]
    private static partial Regex MetricName();

    private static async Task ShouldBeJoinedInBothAsync(RunningAppHost running)
    {
        var result = await running.VerifyLastTraceAsync();
        result.Success.ShouldBeTrue($"{result.Message}\n{result.Data?.Value}");
        result.Message.ShouldNotBeNull().ShouldMatch(@"^joined: .* (\d+) spans \(.*segcore .*; dashboard \1 of \1$");
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
                builder =>
                {
                    builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single()).WithDataVolume(_volume);
                    builder.CreateResourceBuilder(builder.Resources.OfType<MilvusServerResource>().Single()).WithMetrics();
                });
        }
    }
}
