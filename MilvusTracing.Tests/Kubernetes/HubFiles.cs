using k8s.Models;
using MilvusTracing.Tests.Hosting.Jaeger;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The arguments, files and environment variables of the rendered Jaeger deployment, for a real Jaeger on this machine.</summary>
internal sealed class HubFiles : IDisposable
{
    private readonly DirectoryInfo _folder;

    private HubFiles(DirectoryInfo folder) => _folder = folder;

    public required List<string> Arguments { get; init; }

    public required Dictionary<string, string?> Environment { get; init; }

    /// <param name="overlay"><c>hub</c> or <c>tail-sampling</c>.</param>
    /// <param name="user">The user name in the Secret.</param>
    public static async Task<HubFiles> CreateAsync(string overlay, string user = "jaeger")
    {
        var rendered = await Manifests.RenderAsync(overlay);
        var folder = Directory.CreateTempSubdirectory();
        foreach (var (name, content) in rendered.ConfigMap("jaeger").Data)
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), content);
        }

        var container = rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec.Containers.Single();
        return new HubFiles(folder)
        {
            Arguments = [.. container.Args.Select(argument => argument.Replace("/etc/jaeger", folder.FullName))],
            Environment = container.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? user)!,
        };
    }

    /// <summary>Adds a file.</summary>
    /// <returns>The path of the file.</returns>
    public string Add(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Starts Jaeger.</summary>
    public Task<JaegerProgram> StartAsync() => JaegerProgram.StartAsync(Arguments, Environment);

    public void Dispose() => _folder.Delete(recursive: true);
}
