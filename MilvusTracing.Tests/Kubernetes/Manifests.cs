using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MilvusTracing.Tests.Support;
using YamlDotNet.Serialization;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>What kubectl makes of a folder below <c>deploy/kubernetes</c>, parsed strictly: a field that Kubernetes does not know fails.</summary>
internal sealed class Manifests
{
    /// <summary>The folders that a user applies.</summary>
    public static readonly string[] All = ["", "hub", "tail-sampling", "verify"];

    private Manifests(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) => Objects = objects;

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>The pods of deployments and jobs, by the name of these.</summary>
    public IEnumerable<(string Name, V1PodTemplateSpec Template)> Pods => Objects
        .Select(each => (each.Metadata.Name, (each as V1Deployment)?.Spec.Template ?? (each as V1Job)?.Spec.Template))
        .Where(pod => pod.Item2 is not null)!;

    public static string PathOf(string name) => Path.Combine(BuiltProject.Root, "deploy", "kubernetes", name);

    public static async Task<Manifests> RenderAsync(string folder)
    {
        await using var kubectl = ChildProcess.Start("kubectl", ["kustomize", PathOf(folder)]);
        (await kubectl.WaitForExitAsync()).ShouldBe(0, kubectl.Output);
        kubectl.ErrorOutput.ShouldBeEmpty();
        return Parse(kubectl.Output);
    }

    public static Manifests Parse(string yaml) => new([.. KubernetesYaml.LoadAllFromString(yaml, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);

    /// <summary>YAML that is no object of Kubernetes.</summary>
    public static JsonNode ParseYaml(string yaml) => JsonSerializer.SerializeToNode(
        new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml))!;

    public T Get<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta>
        => Objects.OfType<T>().Single(each => each.Metadata.Name == name);

    /// <summary>The ConfigMap whose name begins so: kustomize appends a hash of its content.</summary>
    public V1ConfigMap ConfigMap(string name) => Objects.OfType<V1ConfigMap>().Single(each => each.Metadata.Name.StartsWith($"{name}-"));

    /// <summary>The pods that these labels choose.</summary>
    public IEnumerable<V1PodTemplateSpec> Selected(IDictionary<string, string> labels) =>
        Pods.Select(pod => pod.Template).Where(pod => labels.All(label => pod.Metadata?.Labels?.TryGetValue(label.Key, out var value) == true && value == label.Value));
}
