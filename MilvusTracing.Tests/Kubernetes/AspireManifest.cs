using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>
/// The manifest that Aspire writes for the AppHost, as Kubernetes objects. Aspire's Kubernetes publisher takes images, arguments,
/// environment variables and ports from the same model, and names Services alike.
/// </summary>
/// <param name="resources">The manifest's resources.</param>
/// <param name="namespace">The namespace of the objects.</param>
/// <param name="password">The value of each parameter of the application; it has one, Milvus's password.</param>
internal sealed partial class AspireManifest(JsonObject resources, string @namespace, string password)
{
    /// <summary>Runs the AppHost with Aspire's manifest publisher.</summary>
    /// <returns>The resources of the manifest.</returns>
    public static async Task<JsonObject> WriteAsync(Dictionary<string, string?> settings)
    {
        var folder = Directory.CreateTempSubdirectory();
        var file = Path.Combine(folder.FullName, "manifest.json");
        await using var appHost = ChildProcess.Start(
            "dotnet", [BuiltProject.Assembly("MilvusTracing.AppHost"), "--publisher", "manifest", "--output-path", file], settings);
        (await appHost.WaitForExitAsync()).ShouldBe(0, appHost.Output);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        folder.Delete(recursive: true);
        return manifest["resources"]!.AsObject();
    }

    /// <returns>The container of a resource, which runs a command if it is given one, else the resource's arguments.</returns>
    public V1Container Container(string resource, string? image = null, IList<string>? command = null) => new()
    {
        Name = resource,
        Image = image ?? (string)resources[resource]!["image"]!,
        Command = command,
        Args = command is null ? [.. resources[resource]!["args"]!.AsArray().Select(argument => Resolve((string)argument!))] : null,
        Env = [.. resources[resource]!["env"]?.AsObject().Select(setting => new V1EnvVar { Name = setting.Key, Value = Resolve((string)setting.Value!) }) ?? []],
    };

    /// <returns>A Deployment of the containers, with the name of the first.</returns>
    public IKubernetesObject Deployment(params V1Container[] containers)
    {
        var labels = new Dictionary<string, string> { ["app"] = containers[0].Name };
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new() { Name = containers[0].Name, NamespaceProperty = @namespace },
            Spec = new()
            {
                Selector = new() { MatchLabels = labels },
                Template = new() { Metadata = new() { Labels = labels }, Spec = new() { Containers = containers, EnableServiceLinks = false } },
            },
        };
    }

    /// <returns>The Service of a resource, with its endpoints.</returns>
    public IKubernetesObject Service(string resource) => new V1Service
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new() { Name = $"{resource}-service", NamespaceProperty = @namespace },
        Spec = new()
        {
            Selector = new Dictionary<string, string> { ["app"] = resource },
            Ports = [.. resources[resource]!["bindings"]!.AsObject().Select(binding => new V1ServicePort { Name = binding.Key, Port = (int)binding.Value!["targetPort"]! })],
        },
    };

    /// <summary>Replaces references such as <c>{milvus.bindings.grpc.url}</c>.</summary>
    private string Resolve(string text) => Reference().Replace(text, reference =>
    {
        var (name, path) = (reference.Groups[1].Value, reference.Groups[2].Value.Split('.'));
        var resource = resources[name]!;
        var host = $"{name}-service";
        return path switch
        {
            ["value"] => password,
            ["connectionString"] => Resolve((string)resource["connectionString"]!),
            ["bindings", _, "host"] => host,
            ["bindings", var binding, "port"] => $"{resource["bindings"]![binding]!["targetPort"]}",
            ["bindings", var binding, "url"] => $"{resource["bindings"]![binding]!["scheme"]}://{host}:{resource["bindings"]![binding]!["targetPort"]}",
            _ => throw new FormatException($"{reference.Value} is an unknown reference."),
        };
    });

    [GeneratedRegex(@"\{([\w-]+)\.([\w.-]+)\}")]
    private static partial Regex Reference();
}
