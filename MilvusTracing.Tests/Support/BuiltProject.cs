namespace MilvusTracing.Tests.Support;

/// <summary>Programs of this solution, as they were built along with the tests.</summary>
internal static class BuiltProject
{
    // <root>/MilvusTracing.Tests/bin/<configuration>/<framework>/
    private static readonly DirectoryInfo Framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The repository's folder.</summary>
    public static string Root => Framework.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>Debug or Release.</summary>
    public static string Configuration => Framework.Parent!.Name;

    /// <param name="name">The project's name, for example <c>MilvusTracing.Worker</c>.</param>
    /// <returns>The path of its assembly, to be started by <c>dotnet</c>.</returns>
    public static string Assembly(string name)
        => Path.Combine(Folder(name), "bin", Configuration, Framework.Name, $"{name}.dll");

    /// <returns>The project's folder, in the root or in <c>src</c>.</returns>
    private static string Folder(string name)
        => new[] { Path.Combine(Root, name), Path.Combine(Root, "src", name) }.First(Directory.Exists);
}
