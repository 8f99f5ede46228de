namespace MilvusTracing.Local.Processes;

/// <summary>Programs on the PATH.</summary>
internal static class Executables
{
    /// <summary>The full path of a program, or null. On Windows its extension is one of PATHEXT's.</summary>
    public static string? Find(string name)
    {
        var extensions = OperatingSystem.IsWindows()
            ? (Environment.GetEnvironmentVariable("PATHEXT") ?? ".EXE;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries)
            : [""];
        return (
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            from extension in extensions
            let path = Path.Combine(folder, name + extension)
            where File.Exists(path)
            select path).FirstOrDefault();
    }
}
