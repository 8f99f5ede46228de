namespace MilvusTracing.Tests.Support;

/// <summary>The programs of this solution, in the configuration of the tests.</summary>
internal static class BuiltProject
{
    // <root>/MilvusTracing.Tests/bin/<configuration>/<framework>/
    private static readonly DirectoryInfo Framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The root folder of the repository.</summary>
    public static string Root => Framework.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>Debug or Release.</summary>
    public static string Configuration => Framework.Parent!.Name;

    /// <param name="name">The project, for example <c>MilvusTracing.Worker</c>.</param>
    /// <returns>The path of its assembly, for <c>dotnet</c>.</returns>
    public static string Assembly(string name)
        => Path.Combine(Folder(name), "bin", Configuration, Framework.Name, $"{name}.dll");

    /// <returns>The project's folder, which is in the root or in <c>src</c>.</returns>
    private static string Folder(string name)
        => new[] { Path.Combine(Root, name), Path.Combine(Root, "src", name) }.First(Directory.Exists);
}
