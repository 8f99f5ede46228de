using k8s.Models;
using MilvusTracing.Tests.Hosting.Jaeger;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The arguments, files and environment variables of the rendered Jaeger deployment, for a real Jaeger on this machine.</summary>
internal sealed class HubFiles(DirectoryInfo folder, V1Container container) : IDisposable
{
    public List<string> Arguments { get; } = [.. container.Args.Select(argument => argument.Replace("/etc/jaeger", folder.FullName))];

    public Dictionary<string, string?> Environment { get; } =
        container.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? FakeOpenSearch.User)!;

    /// <param name="overlay"><c>hub</c> or <c>tail-sampling</c>.</param>
    public static async Task<HubFiles> CreateAsync(string overlay)
    {
        var rendered = await Manifests.RenderAsync(overlay);
        var files = new HubFiles(
            Directory.CreateTempSubdirectory(), rendered.Get<V1Deployment>("jaeger-hub").Spec.Template.Spec.Containers.Single());
        foreach (var (name, content) in rendered.ConfigMap("jaeger").Data)
        {
            files.Add(name, content);
        }

        return files;
    }

    /// <summary>Adds a file.</summary>
    /// <returns>The path of the file.</returns>
    public string Add(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Starts Jaeger.</summary>
    public Task<JaegerProgram> StartAsync() => JaegerProgram.StartAsync(Arguments, Environment);

    public void Dispose() => folder.Delete(recursive: true);
}
