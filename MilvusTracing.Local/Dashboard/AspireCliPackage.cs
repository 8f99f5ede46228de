using System.ComponentModel;
using System.Runtime.InteropServices;
using MilvusTracing.Local.Processes;
using MilvusTracing.Local.Terminal;

namespace MilvusTracing.Local.Dashboard;

/// <summary>Aspire's command line as npm has it: a native program, one package a platform, kept in the user's cache folder.</summary>
internal static class AspireCliPackage
{
    private static readonly Version Version = new(13, 5, 4);

    public static async Task<AspireCli> FindOrInstallAsync(Screen screen, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(CacheFolder.Path, $"aspire-cli-{Version}");
        var program = Path.Combine(folder, "node_modules", "@microsoft", PackageName, "bin", OperatingSystem.IsWindows() ? "aspire.exe" : "aspire");
        if (!File.Exists(program))
        {
            await InstallAsync(folder, screen, cancellationToken);
        }
        return new AspireCli(program, Version, Home: Path.Combine(CacheFolder.Path, "aspire-home"));
    }

    private static string PackageName =>
        OperatingSystem.IsWindows() ? $"aspire-cli-win-{Architecture}"
        : OperatingSystem.IsMacOS() ? $"aspire-cli-osx-{Architecture}"
        : RuntimeInformation.RuntimeIdentifier.Contains("musl") ? $"aspire-cli-linux-musl-{Architecture}"
        : $"aspire-cli-linux-{Architecture}";

    private static string Architecture => RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    private static async Task InstallAsync(string folder, Screen screen, CancellationToken cancellationToken)
    {
        var npm = Executables.Find("npm") ?? throw new DashboardUnavailableException(
            "it comes as an npm package, and there is no npm on the PATH. Install Node.js, or Aspire's command line 13.4 or later.");

        // Installed aside and moved into place, so that a half-finished folder is never taken for a whole one.
        var aside = $"{folder}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(aside);
            await screen.WaitAsync(
                $"Installing the Aspire dashboard {Version} from npm into {CacheFolder.Path}, once (a download of 128 MB)",
                () => RunNpmAsync(npm, aside, cancellationToken));
            Place(aside, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Win32Exception)
        {
            throw new DashboardUnavailableException($"it cannot be installed into {CacheFolder.Path}: {exception.Message}", exception);
        }
        finally
        {
            Remove(aside);
        }
    }

    private static async Task RunNpmAsync(string npm, string folder, CancellationToken cancellationToken)
    {
        var package = $"@microsoft/{PackageName}@{Version}";
        await using var install = ChildProcess.Start(
            "npm", npm,
            ["install", package, "--prefix", folder, "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
             "--fetch-retries=1", "--fetch-retry-mintimeout=1000"],
            []);
        if (await install.Exited.WaitAsync(cancellationToken) != 0)
        {
            throw new DashboardUnavailableException($"npm could not install {package}. It said:{install.LastLines}");
        }
    }

    private static void Place(string aside, string folder)
    {
        try
        {
            Directory.Move(aside, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another run was faster, and its copy is as good.
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was moved into place, or was never made.
        }
    }
}
