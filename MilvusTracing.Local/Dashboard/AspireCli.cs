using MilvusTracing.Local.Processes;
using MilvusTracing.Local.Terminal;

namespace MilvusTracing.Local.Dashboard;

/// <summary>Aspire's command line, which brings the dashboard along.</summary>
/// <param name="Path">The program.</param>
/// <param name="Version">Its version.</param>
/// <param name="Home">Where it unpacks what it brings along; null for its own default.</param>
internal sealed record AspireCli(string Path, Version Version, string? Home)
{
    /// <summary>The first version with <c>aspire dashboard run</c>.</summary>
    private static readonly Version Oldest = new(13, 4);

    /// <summary>The user's own where it is recent enough, else the one in the cache folder, else npm's, put there once.</summary>
    /// <exception cref="DashboardUnavailableException">None is there and none can be had.</exception>
    public static async Task<AspireCli> FindOrInstallAsync(Screen screen, CancellationToken cancellationToken) =>
        await FindOnPathAsync(cancellationToken) ?? await AspireCliPackage.FindOrInstallAsync(screen, cancellationToken);

    private static async Task<AspireCli?> FindOnPathAsync(CancellationToken cancellationToken)
    {
        if (Executables.Find("aspire") is not { } path)
        {
            return null;
        }
        await using var aspire = ChildProcess.Start("aspire", path, ["--version"], []);
        await aspire.Exited.WaitAsync(cancellationToken);

        // 13.5.4+9c1b401…, perhaps 13.6.0-preview.1 before it.
        var text = aspire.LastLines.Trim().Split('\n')[^1].Trim().Split('+', '-')[0];
        return System.Version.TryParse(text, out var version) && version >= Oldest ? new AspireCli(path, version, Home: null) : null;
    }
}
