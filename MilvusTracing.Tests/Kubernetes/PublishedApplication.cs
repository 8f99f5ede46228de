using System.Diagnostics;
using System.Text.RegularExpressions;
using k8s;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>
/// The application that the AppHost publishes, on Kubernetes: Jaeger, Milvus and the worker, and a second worker beside the
/// emulator, which listens on loopback only. Its traces are verified before and after Jaeger is away for a minute.
/// </summary>
internal sealed partial class PublishedApplication(KubernetesCluster cluster)
{
    private const string Namespace = "published";
    private const string Worker = "milvus-client";
    private const string EmulatorClient = "emulator-client";

    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(1);

    private int _logged;

    /// <summary>The passes of the worker while Jaeger was away.</summary>
    public int Passes { get; private set; }

    /// <summary>Those of them whose traces were joined when that of a later pass was.</summary>
    public int JoinedPasses { get; private set; }

    /// <summary>What the worker logged while Jaeger was away, and after that.</summary>
    public string Log { get; private set; } = "";

    /// <summary>Restarts of containers while Jaeger was away.</summary>
    public int Restarts { get; private set; }

    public static async Task<PublishedApplication> RunAsync(KubernetesCluster cluster)
    {
        var application = new PublishedApplication(cluster);
        await application.DeployAsync(await cluster.Image);
        await application.VerifyAsync(Worker);
        await application.VerifyAsync(EmulatorClient);
        await application.RunWithoutJaegerAsync();
        await cluster.KubectlAsync("delete", "namespace", Namespace, "--wait=false");
        return application;
    }

    private async Task DeployAsync(string image)
    {
        var resources = await AspireManifest.WriteAsync(new() { ["Milvus__ImageTag"] = KubernetesCluster.MilvusTag });
        var manifest = new AspireManifest(resources, Namespace, password: "Milvus");
        string[] worker = ["/app/dotnet", "/app/worker/MilvusTracing.Worker.dll"];
        var emulatorClient = manifest.Container(Worker, image, worker);
        emulatorClient.Name = EmulatorClient;
        emulatorClient.Env.Single(setting => setting.Name == "ConnectionStrings__milvus").Value = "Endpoint=http://localhost:19530;Key=root:Milvus";
        emulatorClient.Env.Add(new() { Name = "OTEL_SERVICE_NAME", Value = EmulatorClient });
        await cluster.KubectlAsync("create", "namespace", Namespace);
        await cluster.ApplyAsync(KubernetesYaml.SerializeAll(
        [
            manifest.Service("jaeger"),
            manifest.Service("milvus"),
            manifest.Deployment(manifest.Container("jaeger")),
            manifest.Deployment(manifest.Container("milvus")),
            manifest.Deployment(manifest.Container(Worker, image, worker)),
            manifest.Deployment(emulatorClient, manifest.Container("milvus", image, ["/app/dotnet", "/app/emulator/MilvusTracing.Emulator.dll"])),
        ]));
    }

    private async Task RunWithoutJaegerAsync()
    {
        var (restarts, watch) = (await RestartsAsync(), Stopwatch.StartNew());
        await cluster.KubectlAsync("scale", "--namespace", Namespace, "deployment/jaeger", "--replicas=0");
        _logged = (await LogAsync()).Length;
        string[] withoutJaeger = [];
        await Timeouts.PollAsync(
            async () => (withoutJaeger = await PassesAsync()).Length > 0 && watch.Elapsed > Outage, () => Log, TimeSpan.FromSeconds(1));
        await cluster.KubectlAsync("scale", "--namespace", Namespace, "deployment/jaeger", "--replicas=1");
        await cluster.ReadyAsync(Namespace, "jaeger");
        Restarts = await RestartsAsync() - restarts;

        await Timeouts.PollAsync(async () => await IsJoinedAsync([(await PassesAsync())[^1]], wait: "10s"), () => Log, TimeSpan.FromSeconds(1));
        foreach (var trace in withoutJaeger)
        {
            (Passes, JoinedPasses) = (Passes + 1, JoinedPasses + (await IsJoinedAsync([trace], wait: "1s") ? 1 : 0));
        }
    }

    /// <summary>Waits until <c>milvus-trace</c> says that the latest trace of a service is joined.</summary>
    private Task VerifyAsync(string service) =>
        Timeouts.PollAsync(() => IsJoinedAsync(["--service", service], wait: "10s"), () => $"{service} has no joined trace.", TimeSpan.FromSeconds(1));

    private async Task<bool> IsJoinedAsync(string[] trace, string wait)
    {
        var jaeger = await cluster.ServiceAsync("jaeger-service", 16686, Namespace);
        await using var verify = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), "verify", .. trace, "--jaeger", $"{jaeger}", "--wait", wait]);
        return await verify.WaitForExitAsync() == 0;
    }

    /// <returns>The trace ids of the passes that succeeded since Jaeger was stopped.</returns>
    private async Task<string[]> PassesAsync()
    {
        Log = (await LogAsync())[_logged..];
        return [.. Passed().Matches(Log).Select(pass => pass.Groups[1].Value)];
    }

    private Task<string> LogAsync() => cluster.KubectlAsync("logs", "--namespace", Namespace, $"deployment/{Worker}");

    private async Task<int> RestartsAsync() => (await cluster.KubectlAsync(
        "get", "pods", "--namespace", Namespace, "--selector", "app!=jaeger", "--output", "jsonpath={.items[*].status.containerStatuses[*].restartCount}"))
        .Split(' ').Sum(int.Parse);

    [GeneratedRegex("quick_setup passed.* trace ([0-9a-f]{32})")]
    private static partial Regex Passed();
}
