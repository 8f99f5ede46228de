using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Local;

/// <summary>MilvusTracing.Local as a user starts it.</summary>
internal static class LocalProgram
{
    public static ChildProcess Start(params string[] options) => Start(options, []);

    /// <param name="options">The command line.</param>
    /// <param name="settings">Environment variables.</param>
    public static ChildProcess Start(string[] options, Dictionary<string, string?> settings) =>
        ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Local"), .. options], settings);

    /// <summary>Settings with which Local finds only these programs, besides dotnet, and its cache folder is this one.</summary>
    public static Dictionary<string, string?> Machine(DirectoryInfo folder, string cache, params (string Program, string Script)[] programs)
    {
        var path = folder.CreateSubdirectory("bin").FullName;
        File.CreateSymbolicLink(Path.Combine(path, "dotnet"), new FileInfo(Programs.Find("dotnet")!).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Programs.Find("dotnet")!);
        foreach (var (program, script) in programs)
        {
            Programs.WriteScript(Path.Combine(path, program), script);
        }
        return new() { ["PATH"] = path, ["XDG_CACHE_HOME"] = cache };
    }
}
