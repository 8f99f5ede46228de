using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;
using MilvusTracing.Tests.Docs;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>
/// A Kubernetes of one node and an OpenSearch, started and stopped by the scripts <c>KUBERNETES_SCRIPT</c> and
/// <c>OPENSEARCH_SCRIPT</c>. Addresses of pods and Services can be reached from the tests.
/// </summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed partial class KubernetesCluster : ICollectionFixture<KubernetesCluster>, IAsyncLifetime
{
    public const string Collection = "Kubernetes";

    /// <summary>The version of Milvus whose image the cluster has.</summary>
    public const string MilvusTag = "v2.3.5";

    /// <summary>The address of the node, which pods can reach.</summary>
    private const string Node = "10.85.0.1";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Lazy<Task<string>> _image;
    private readonly Lazy<Task<PublishedApplication>> _published;
    private string _kubeConfig = "";

    public KubernetesCluster() => (_image, _published) = (new(LoadImageAsync), new(() => PublishedApplication.RunAsync(this)));

    internal static string? Script => Environment.GetEnvironmentVariable("KUBERNETES_SCRIPT");

    internal OpenSearch Store { get; private set; } = null!;

    /// <summary>An image of milvus-trace and, in /app/worker and /app/emulator, the worker and the emulator.</summary>
    internal Task<string> Image => _image.Value;

    /// <summary>The run of the published application, which starts with the first use.</summary>
    internal Task<PublishedApplication> Published => _published.Value;

    public async Task InitializeAsync()
    {
        if ((Capability.WhyMissing(Capability.Kubernetes) ?? Capability.WhyMissing(Capability.OpenSearch)) is not null)
        {
            return;
        }

        var up = await ChildProcess.RunAsync(Script ?? throw new InvalidOperationException("Set KUBERNETES_SCRIPT."), "up");
        _kubeConfig = up.Lines.Single(line => line.StartsWith("KUBECONFIG=")).Split('=')[1].Trim('\'');
        Store = await OpenSearch.StartAsync(Node);
        await Store.SetRoleAsync(new Document(Path.Combine("deploy", "kubernetes", "README.md")).Snippets("json").First());
        await ApplyAsync(await Store.ManifestAsync());
        await ApplyAsync(Milvus());
    }

    public async Task DisposeAsync()
    {
        if (_kubeConfig is not "")
        {
            await (_published.IsValueCreated ? (Task)Published : Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ChildProcess.RunAsync(Script!, "down");
            await (Store?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Applies a folder of <c>deploy/kubernetes</c>, and waits until all its pods are ready.</summary>
    internal async Task ApplyFolderAsync(string folder)
    {
        var rendered = await KubectlAsync("kustomize", Manifests.PathOf(folder));
        // All pods, those that are ending included, have to fit on a node of two processors.
        await ApplyAsync(CpuRequest().Replace(rendered, "cpu: 50m"));
        foreach (var deployment in folder is "tail-sampling" ? new[] { "jaeger-hub", "jaeger-router" } : ["jaeger-hub"])
        {
            await ReadyAsync("tracing", deployment);
        }

        await WaitForHubsAsync(folder is "" ? 1 : 2);
    }

    internal async Task ApplyAsync(string manifest)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, manifest);
        await KubectlAsync("apply", "--filename", file);
    }

    internal Task ReadyAsync(string @namespace, string deployment) =>
        KubectlAsync("rollout", "status", "--namespace", @namespace, $"deployment/{deployment}", "--timeout=170s");

    /// <returns>The output.</returns>
    internal async Task<string> KubectlAsync(params IEnumerable<string> arguments) =>
        (await ChildProcess.RunAsync("kubectl", ["--kubeconfig", _kubeConfig, .. arguments])).Output;

    /// <summary>Waits until there are so many hubs, including those that are ending.</summary>
    internal Task WaitForHubsAsync(int count) => Timeouts.PollAsync(
        async () => (await HubsAsync("{.items[*].metadata.name}")).Length == count, () => $"There are not {count} hubs.", TimeSpan.FromSeconds(1));

    /// <returns>The address of a port of a Service.</returns>
    internal async Task<Uri> ServiceAsync(string name, int port, string @namespace = "tracing") =>
        new($"http://{await KubectlAsync("get", "service", "--namespace", @namespace, name, "--output", "jsonpath={.spec.clusterIP}")}:{port}");

    /// <returns>A metric of each hub; 0 if the hub does not have it.</returns>
    internal async Task<IReadOnlyDictionary<string, double>> MetricAsync(string name)
    {
        using var http = new HttpClient();
        var values = new Dictionary<string, double>();
        foreach (var pod in await HubsAsync("{.items[?(@.status.podIP)].status.podIP}"))
        {
            values[pod] = (await http.GetStringAsync(new Uri($"http://{pod}:8888/metrics"))).Split('\n')
                .Where(line => line.StartsWith($"{name}{{") || line.StartsWith($"{name} "))
                .Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
        }

        return values;
    }

    /// <summary>Runs a Job to its end.</summary>
    /// <returns>Whether it completed, and its log.</returns>
    internal async Task<(bool IsComplete, string Log)> RunJobAsync(string @namespace, string name, string manifest)
    {
        await KubectlAsync("delete", "job", "--namespace", @namespace, "--ignore-not-found", name);
        await ApplyAsync(manifest);
        var conditions = "";
        await Timeouts.PollAsync(
            async () => (conditions = await KubectlAsync("get", "job", "--namespace", @namespace, name, "--output", "jsonpath={.status.conditions[*].type}"))
                is var ended && (ended.Contains("Complete") || ended.EndsWith("Failed")),
            () => $"The job {name} did not end.",
            TimeSpan.FromSeconds(1));
        return (conditions.Contains("Complete"), await KubectlAsync("logs", "--namespace", @namespace, "--tail=-1", "--selector", $"job-name={name}"));
    }

    /// <summary>Loads an image with the .NET that runs this test, under the name that <c>deploy/kubernetes/verify</c> gives it.</summary>
    private async Task<string> LoadImageAsync()
    {
        var name = (await Manifests.RenderAsync("verify")).Get<V1Job>("milvus-trace").Spec.Template.Spec.Containers.Single().Image;
        var runtime = new DirectoryInfo(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory());
        var dotnet = runtime.Parent!.Parent!.Parent!;
        var shared = Directory.CreateDirectory(Path.Combine(_folder.FullName, "image", "shared"));
        var image = shared.Parent!.FullName;
        await CopyAsync(dotnet.EnumerateFiles("dotnet").Single(), image);
        await CopyAsync(dotnet.EnumerateDirectories("host").Single(), image);
        foreach (var framework in new[] { "Microsoft.NETCore.App", "Microsoft.AspNetCore.App" })
        {
            var folder = Directory.CreateDirectory(Path.Combine(shared.FullName, framework)).FullName;
            await CopyAsync(new DirectoryInfo(Path.Combine(dotnet.FullName, "shared", framework, runtime.Name)), folder);
        }

        await CopyAsync(new FileInfo(BuiltProject.Assembly("MilvusTracing.Cli")).Directory!, Path.Combine(image, "cli"));
        await CopyAsync(new FileInfo(BuiltProject.Assembly("MilvusTracing.Worker")).Directory!, Path.Combine(image, "worker"));
        await CopyAsync(new FileInfo(BuiltProject.Assembly("MilvusTracing.Emulator")).Directory!, Path.Combine(image, "emulator"));
        await ChildProcess.RunAsync(Script!, "image", name, image, "/app/dotnet", "/app/cli/MilvusTracing.Cli.dll");
        return name;

        static Task CopyAsync(FileSystemInfo source, string target) => ChildProcess.RunAsync("cp", "-r", source.FullName, target);
    }

    /// <summary>The settings of <c>milvus-values.yaml</c> as environment variables, since the chart merges files, and Milvus does not.</summary>
    private static IEnumerable<object> MilvusSettings()
    {
        return Flatten("TRACE", Manifests.ParseYaml(SettingTests.UserYaml())["trace"]!).Append(new { name = "OTEL_BSP_SCHEDULE_DELAY", value = "200" });

        static IEnumerable<object> Flatten(string name, JsonNode node) => node is JsonObject section
            ? section.SelectMany(entry => Flatten($"{name}_{entry.Key.ToUpperInvariant()}", entry.Value!))
            : [new { name, value = node.ToString() }];
    }

    private async Task<string[]> HubsAsync(string jsonPath) => (await KubectlAsync(
        "get", "pods", "--namespace", "tracing", "--selector", "app.kubernetes.io/component=hub", "--output", $"jsonpath={jsonPath}"))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A standalone Milvus with the settings of <c>milvus-values.yaml</c>. It starts before Jaeger, and is restarted until it finds it.</summary>
    private static string Milvus() => $$$"""
        apiVersion: v1
        kind: List
        items:
          - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
          - {apiVersion: v1, kind: Namespace, metadata: {name: milvus}}
          - apiVersion: v1
            kind: Service
            metadata: {name: milvus, namespace: milvus}
            spec: {selector: {app: milvus}, ports: [{port: 19530}]}
          - apiVersion: apps/v1
            kind: Deployment
            metadata: {name: milvus, namespace: milvus}
            spec:
              selector: {matchLabels: {app: milvus}}
              template:
                metadata: {labels: {app: milvus}}
                spec:
                  containers:
                    - name: milvus
                      image: docker.io/milvusdb/milvus:{{{MilvusTag}}}
                      args: [milvus, run, standalone]
                      env: {{{JsonSerializer.Serialize(MilvusSettings())}}}
                      readinessProbe: {httpGet: {path: /healthz, port: 9091}, periodSeconds: 1}
        """;

    [GeneratedRegex(@"(?<=requests:\n\s+)cpu: \d+m")]
    private static partial Regex CpuRequest();
}
