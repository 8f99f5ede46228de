using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MilvusTracing.Tests.Support;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The folders of <c>deploy/kubernetes</c> on a real Kubernetes, with a real OpenSearch and Milvus.</summary>
[Collection(KubernetesCluster.Collection)]
[TestCaseOrderer("MilvusTracing.Tests.Kubernetes.ByName", "MilvusTracing.Tests")]
public sealed class LiveTests(KubernetesCluster cluster, ITestOutputHelper output)
{
    private const string RejectedWrites = "jaeger_storage_bulk_index_latency_err_seconds_count";

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task A_hub_with_a_volume_keeps_all_traces_when_its_pod_is_replaced()
    {
        var folder = Directory.CreateTempSubdirectory();
        await cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: jaeger}
            spec:
              capacity: {storage: 10Gi}
              accessModes: [ReadWriteOnce]
              local: {path: {{{folder.FullName}}}}
              nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: Exists}]}]}}
            """);
        await cluster.ApplyFolderAsync("");
        await using var load = new TraceLoad(await cluster.ServiceAsync("jaeger", 4317));
        await Timeouts.PollAsync(() => load.Traces > 500, () => $"{load.Traces} traces were sent.");
        await load.StopAsync();
        await StoredAsync();

        await cluster.KubectlAsync("delete", "pod", "--namespace", "tracing", "--selector", "app.kubernetes.io/component=hub");
        await cluster.ReadyAsync("tracing", "jaeger-hub");

        await StoredAsync();

        async Task StoredAsync()
        {
            using var http = new HttpClient();
            var url = new Uri(await cluster.ServiceAsync("jaeger-query", 16686), $"api/traces?service={TraceLoad.Service(0)}&limit=10000&lookback=1h");
            var stored = 0;
            await PollAsync(
                async () =>
                {
                    var answer = await http.GetFromJsonAsync<JsonObject>(url);
                    stored = answer!["data"]!.AsArray().Count(trace => trace!["spans"]!.AsArray().Count == TraceLoad.SpansPerTrace);
                    return stored == load.Traces;
                },
                () => $"Badger has {stored} of {load.Traces} traces.");
        }
    }

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task A_long_outage_of_OpenSearch_loses_no_span()
    {
        await cluster.ApplyFolderAsync("scaled");
        await using var load = await StartAsync();

        await cluster.Store.StopAsync();
        await cluster.Store.ContinueAsync(); // after about 20 s
        await cluster.Store.StopAsync();
        await SentAsync(load, seconds: 50);
        await cluster.Store.ContinueAsync(); // after about 70 s
        await load.StopAsync();

        await AllStoredAsync(load);
    }

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task A_missing_right_in_OpenSearch_shows_in_a_metric()
    {
        await cluster.ApplyFolderAsync("scaled");
        var before = await cluster.MetricAsync(RejectedWrites);
        var role = cluster.Store.Role;
        await cluster.Store.SetRoleAsync(role.Replace("\"indices:data/write/bulk\", ", ""));
        await using var load = await StartAsync();
        try
        {
            await PollAsync(
                async () => (await cluster.MetricAsync(RejectedWrites)).Any(hub => hub.Value > before.GetValueOrDefault(hub.Key)),
                () => "The metric did not increase.");
        }
        finally
        {
            await cluster.Store.SetRoleAsync(role);
        }

        await load.StopAsync();
        await AllStoredAsync(load);
    }

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task A_rolling_restart_behind_tail_sampling_loses_no_failed_trace()
    {
        await cluster.ApplyFolderAsync("tail-sampling");
        _ = cluster.Published; // It has other pods, and mostly waits, as this test does.
        await using var load = await StartAsync();

        await cluster.KubectlAsync("rollout", "restart", "--namespace", "tracing", "deployment/jaeger-hub");
        await cluster.ReadyAsync("tracing", "jaeger-hub");
        await cluster.WaitForHubsAsync(2);
        await load.StopAsync();

        IReadOnlyList<int> spans = [];
        await PollAsync(
            async () => (spans = await cluster.Store.SpansOfTracesAsync(load.FailedOperation)).Count == load.FailedTraces,
            () => $"OpenSearch has {spans.Count} of {load.FailedTraces} failed traces.");
        output.WriteLine($"{load.FailedTraces} failed traces, {spans.Count(count => count < TraceLoad.SpansPerTrace)} of them cut");
    }

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task Jobs_make_a_trace_through_tail_sampling_and_verify_it()
    {
        var image = await cluster.Image;
        await cluster.ApplyFolderAsync("tail-sampling");
        await cluster.KubectlAsync("apply", "--namespace", "shop", "--filename", Manifests.PathOf("service-environment.yaml"));
        await cluster.ReadyAsync("milvus", "milvus");
        var verify = await cluster.KubectlAsync("kustomize", Manifests.PathOf("verify"));

        await PassAsync("http://milvus.milvus:19530", expected: true);
        var (isComplete, log) = await cluster.RunJobAsync("tracing", "milvus-trace", verify);
        isComplete.ShouldBeTrue(log);
        log.ShouldContain("joined: ");

        // Nobody answers, and nothing more arrives.
        await PassAsync("http://localhost:1", expected: false);
        (isComplete, log) = await cluster.RunJobAsync("tracing", "milvus-trace", verify.Replace("- 30s", "- 10s"));
        isComplete.ShouldBeFalse(log);
        log.ShouldContain("not joined");

        // The network policy lets only the namespace `tracing` read traces.
        (isComplete, log) = await cluster.RunJobAsync("shop", "milvus-trace", verify
            .Replace("namespace: tracing", "namespace: shop").Replace("backoffLimit: 3", "backoffLimit: 0").Replace("http://jaeger-query:", "http://jaeger-query.tracing:"));
        isComplete.ShouldBeFalse(log);
        log.ShouldContain("jaeger-query.tracing");

        // Runs a pass, and waits until its trace is decided and stored.
        async Task PassAsync(string milvus, bool expected)
        {
            const string root = "quick_setup";
            var before = await cluster.Store.CountAsync(root);
            var pass = await cluster.RunJobAsync("shop", "worker", WorkerJob(image, milvus));
            pass.IsComplete.ShouldBe(expected, pass.Log);
            await PollAsync(async () => await cluster.Store.CountAsync(root) > before, () => "The trace was not stored.");
        }
    }

    [RequiresFact(Capability.Kubernetes, Capability.OpenSearch, Capability.Kubectl)]
    public async Task The_published_application_is_traced_and_works_while_Jaeger_is_away_for_a_minute()
    {
        var application = await cluster.Published;

        application.Restarts.ShouldBe(0);
        application.Log.ShouldNotContain("quick_setup failed");
        output.WriteLine($"Of {application.Passes} passes without Jaeger, {application.JoinedPasses} are joined");
    }

    private static string WorkerJob(string image, string milvus) => $$"""
        apiVersion: batch/v1
        kind: Job
        metadata: {name: worker, namespace: shop}
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: worker
                  image: {{image}}
                  command: [/app/dotnet, /app/worker/MilvusTracing.Worker.dll]
                  envFrom: [configMapRef: {name: milvus-tracing}]
                  env:
                    - {name: OTEL_TRACES_SAMPLER, value: parentbased_always_on}
                    - {name: ConnectionStrings__milvus, value: "Endpoint={{milvus}};Key=root:Milvus"}
                    - {name: Worker__Passes, value: "1"}
        """;

    /// <summary>Waits for a condition. Refused connections are expected: Kubernetes routes to a new pod a moment after it is ready.</summary>
    private static Task PollAsync(Func<Task<bool>> condition, Func<string> state) => Timeouts.PollAsync(
        async () =>
        {
            try
            {
                return await condition();
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        state,
        TimeSpan.FromSeconds(1));

    /// <summary>Starts a load, and waits until it has run for some seconds.</summary>
    private async Task<TraceLoad> StartAsync()
    {
        var load = new TraceLoad(await cluster.ServiceAsync("jaeger", 4317));
        await SentAsync(load, seconds: 5);
        return load;
    }

    /// <summary>Waits until the load has sent the traces of so many seconds more.</summary>
    private static Task SentAsync(TraceLoad load, int seconds)
    {
        var until = load.Traces + (seconds * TraceLoad.TracesPerSecond);
        return Timeouts.PollAsync(() => load.Traces >= until, () => $"{load.Traces} of {until} traces were sent.");
    }

    private async Task AllStoredAsync(TraceLoad load)
    {
        var sent = load.Traces * TraceLoad.SpansPerTrace;
        var (stored, different) = (0L, 0L);
        await PollAsync(
            async () => (stored = await cluster.Store.CountAsync(load.Operation)) >= sent
                && (different = (await cluster.Store.SpansOfTracesAsync(load.Operation)).Sum()) == sent,
            () => $"OpenSearch has {different} of {sent} spans, and {stored} with those that it has twice.");
        var seconds = (await cluster.MetricAsync("otelcol_process_cpu_seconds_total")).Values.Sum();
        var accepted = (await cluster.MetricAsync("otelcol_receiver_accepted_spans_total")).Values.Sum();
        output.WriteLine($"{different} of {sent} spans are stored, {stored - sent} of them twice; {load.Refused} were refused and repeated; {seconds / accepted * 1e6:0} µs per span in the hubs");
    }
}

/// <summary>Runs tests in the order of their names, so that those that use the same folder follow each other.</summary>
public sealed class ByName : ITestCaseOrderer
{
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase
        => testCases.OrderBy(test => test.TestMethod.Method.Name, StringComparer.Ordinal);
}
