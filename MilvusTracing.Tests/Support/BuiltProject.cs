namespace MilvusTracing.Tests.Support;

/// <summary>Programs of this solution, as they were built along with the tests.</summary>
internal static class BuiltProject
{
    /// <param name="name">The project's name, for example <c>MilvusTracing.Worker</c>.</param>
    /// <returns>The path of its assembly, to be started by <c>dotnet</c>.</returns>
    public static string Assembly(string name)
    {
        // <root>/MilvusTracing.Tests/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!;

        return Path.Combine(root.FullName, name, "bin", configuration.Name, framework.Name, $"{name}.dll");
    }
}
