using System.ComponentModel;
using System.Diagnostics;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A test that needs something of its machine. Where that is not there the test is skipped, unless
/// <c>TESTS_REQUIRE</c>, a list such as <c>containers,browser</c>, says that it must be: then it runs, and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresFactAttribute : FactAttribute
{
    /// <param name="capabilities">Names out of <see cref="Capability"/>.</param>
    public RequiresFactAttribute(params string[] capabilities) =>
        Skip = capabilities.Select(Capability.WhyMissing).FirstOrDefault(reason => reason is not null);
}

/// <summary>What tests may need of their machine.</summary>
internal static class Capability
{
    /// <summary>A container runtime that answers.</summary>
    public const string Containers = "containers";

    /// <summary>A Milvus and a Jaeger at the addresses of <c>ConnectionStrings__milvus</c>, <c>ConnectionStrings__jaeger</c> and <c>JAEGER_URL</c>.</summary>
    public const string Servers = "servers";

    /// <summary>A distributed Milvus whose roles tests may break: <c>MILVUS_CLUSTER</c> is the script that starts and stops them.</summary>
    public const string Cluster = "cluster";

    /// <summary>Chromium or Chrome.</summary>
    public const string Browser = "browser";

    /// <summary>Node.js with npm.</summary>
    public const string Npm = "npm";

    /// <summary>Jaeger v2 as a program: its path is in <c>JAEGER_PROGRAM</c>.</summary>
    public const string Jaeger = "jaeger";

    /// <summary>kubectl with its kustomize; no cluster.</summary>
    public const string Kubectl = "kubectl";

    /// <summary>Python 3 with pip, which finds the packages of <c>clients/python</c> in a registry or in <c>PIP_FIND_LINKS</c>.</summary>
    public const string Python = "python";

    /// <summary>A JDK, and the libraries of <c>clients/java</c>: by Maven, or in the folder <c>Clients__JavaLibraries</c>.</summary>
    public const string Java = "java";

    private static readonly Dictionary<string, Lazy<string?>> Missing = new()
    {
        [Containers] = new(() => Answers("docker", "info") || Answers("podman", "info") ? null : "neither 'docker info' nor 'podman info' answers"),
        [Servers] = new(() => RealServers.Missing is { Length: > 0 } missing ? $"set {string.Join(", ", missing)}" : null),
        [Cluster] = new(() => Environment.GetEnvironmentVariable("MILVUS_CLUSTER") is { Length: > 0 } ? null : "set MILVUS_CLUSTER"),
        [Browser] = new(() => Support.Browser.Program is null ? "neither Chromium nor Chrome is on the PATH" : null),
        [Jaeger] = new(() => Environment.GetEnvironmentVariable("JAEGER_PROGRAM") is { Length: > 0 } ? null : "set JAEGER_PROGRAM"),
        [Kubectl] = new(() => Programs.Find("kubectl") is null ? "kubectl is not on the PATH" : null),
        [Npm] = new(() => Programs.Find("npm") is null ? "npm is not on the PATH" : null),
        [Python] = new(() => Programs.Find("python3") is null ? "python3 is not on the PATH"
            : Answers("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", Path.GetTempPath(), "--requirement", Client("python", "requirements.txt")) ? null
            : "pip does not find the packages of clients/python"),
        [Java] = new(() => Programs.Find("javac") is null ? "no JDK is on the PATH"
            : Environment.GetEnvironmentVariable("Clients__JavaLibraries") is { Length: > 0 } ? null
            : Answers("mvn", "--batch-mode", "--quiet", "--file", Client("java", "pom.xml"), "dependency:resolve") ? null
            : "Maven does not find the packages of clients/java, and Clients__JavaLibraries names no folder of them"),
    };

    private static readonly string[] Required =
        (Environment.GetEnvironmentVariable("TESTS_REQUIRE") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    /// <returns>Why a test that needs this is skipped; null where it is to run.</returns>
    public static string? WhyMissing(string capability) =>
        !Required.Contains(capability) && Missing[capability].Value is { } reason ? $"Needs {capability}: {reason}." : null;

    private static string Client(params string[] path) => Path.Combine([BuiltProject.Root, "clients", .. path]);

    private static bool Answers(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                return process.ExitCode == 0;
            }

            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false; // not installed
        }
    }
}
