namespace MilvusTracing.Local.Dashboard;

/// <summary>Where the current user's programs keep what they can get again.</summary>
internal static class CacheFolder
{
    public static string Path => System.IO.Path.Combine(Root, "milvus-tracing");

    private static string Root =>
        OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
        : OperatingSystem.IsMacOS() ? System.IO.Path.Combine(Home, "Library", "Caches")
        : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder ? folder
        : System.IO.Path.Combine(Home, ".cache");

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
}
