using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MilvusTracing.Tests.Support;
using YamlDotNet.Serialization;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The objects that kubectl renders from a folder of <c>deploy/kubernetes</c>. An unknown field is an error.</summary>
internal sealed class Manifests
{
    /// <summary>The folders that a user applies.</summary>
    public static readonly string[] All = ["", "scaled", "tail-sampling", "verify"];

    private Manifests(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) => Objects = objects;

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>The pod templates of deployments and jobs, with the names of these.</summary>
    public IEnumerable<(string Name, V1PodTemplateSpec Template)> Pods => Objects
        .Select(each => (each.Metadata.Name, (each as V1Deployment)?.Spec.Template ?? (each as V1Job)?.Spec.Template))
        .Where(pod => pod.Item2 is not null)!;

    public static string PathOf(string name) => Path.Combine(BuiltProject.Root, "deploy", "kubernetes", name);

    public static async Task<Manifests> RenderAsync(string folder)
    {
        var kubectl = await ChildProcess.RunAsync("kubectl", "kustomize", PathOf(folder));
        kubectl.ErrorOutput.ShouldBeEmpty();
        return new([.. KubernetesYaml.LoadAllFromString(kubectl.Output, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);
    }

    /// <summary>Parses YAML that is not a Kubernetes object.</summary>
    public static JsonNode ParseYaml(string yaml) => JsonSerializer.SerializeToNode(
        new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml))!;

    public T Get<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta>
        => Objects.OfType<T>().Single(each => each.Metadata.Name == name);

    /// <summary>The ConfigMap of this name, to which kustomize appends a hash of the content.</summary>
    public V1ConfigMap ConfigMap(string name) => Objects.OfType<V1ConfigMap>().Single(each => each.Metadata.Name.StartsWith($"{name}-"));
}
