using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Packages;

/// <summary>A folder with all packages of this solution, used as a NuGet feed. The tests share it.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    public const string Version = "0.0.0-test";
    public const string Repository = "https://git.example/milvus-tracing";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("milvus-tracing-packages-");

    public string Folder => _folder.CreateSubdirectory("feed").FullName;

    public IEnumerable<string> Ids =>
        Directory.GetFiles(Folder, "*.nupkg").Select(path => Path.GetFileName(path).Replace($".{Version}.nupkg", "")).Order();

    public string FileOf(string id) => Path.Combine(Folder, $"{id}.{Version}.nupkg");

    /// <returns>A new folder, deleted together with the feed.</returns>
    public string Subfolder(string name) => _folder.CreateSubdirectory(name).FullName;

    public Task InitializeAsync() => ChildProcess.RunAsync(
        "dotnet", "pack", Path.Combine(BuiltProject.Root, "MilvusTracing.sln"), "--no-build", "-c", BuiltProject.Configuration, "-o", Folder,
        $"-p:MinVerVersionOverride={Version}", $"-p:RepositoryUrl={Repository}", "-p:PackStandIns=true", "--disable-build-servers", "-nodeReuse:false");

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
