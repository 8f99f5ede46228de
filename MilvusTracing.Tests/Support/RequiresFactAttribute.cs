using System.ComponentModel;
using CliWrap;

namespace MilvusTracing.Tests.Support;

/// <summary>
/// A test with requirements on the machine. It is skipped if one of them is missing, unless <c>TESTS_REQUIRE</c>, a list
/// such as <c>containers,browser</c>, contains it: then the test runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresFactAttribute : FactAttribute
{
    /// <param name="capabilities">Names from <see cref="Capability"/>.</param>
    public RequiresFactAttribute(params string[] capabilities) =>
        Skip = capabilities.Select(Capability.WhyMissing).FirstOrDefault(reason => reason is not null);
}

/// <summary>What tests can require of the machine.</summary>
internal static class Capability
{
    /// <summary>A running container runtime.</summary>
    public const string Containers = "containers";

    /// <summary>Milvus and Jaeger, at <c>ConnectionStrings__milvus</c>, <c>ConnectionStrings__jaeger</c> and <c>JAEGER_URL</c>.</summary>
    public const string Servers = "servers";

    /// <summary>A distributed Milvus: <c>MILVUS_CLUSTER</c> is the script that starts and stops its roles.</summary>
    public const string Cluster = "cluster";

    /// <summary>Chromium or Chrome.</summary>
    public const string Browser = "browser";

    /// <summary>Node.js with npm.</summary>
    public const string Npm = "npm";

    /// <summary>The executable of Jaeger v2: <c>JAEGER_PROGRAM</c> is its path.</summary>
    public const string Jaeger = "jaeger";

    /// <summary>kubectl, which includes kustomize. No cluster is needed.</summary>
    public const string Kubectl = "kubectl";

    /// <summary>A Kubernetes of one's own, as root: <c>KUBERNETES_SCRIPT</c> is the script that starts and stops it.</summary>
    public const string Kubernetes = "kubernetes";

    /// <summary>An OpenSearch: <c>OPENSEARCH_SCRIPT</c> is the script that starts and stops it.</summary>
    public const string OpenSearch = "opensearch";

    /// <summary>Python 3 with pip, and a source of the packages of <c>clients/python</c>: a registry or <c>PIP_FIND_LINKS</c>.</summary>
    public const string Python = "python";

    /// <summary>A JDK, and the libraries of <c>clients/java</c>: from Maven, or in the folder <c>Clients__JavaLibraries</c>.</summary>
    public const string Java = "java";

    private static readonly string[] PipDownload = ["-m", "pip", "download", "--quiet", "--no-deps"];

    /// <summary>Go, or the program built from <c>clients/go</c> in <c>Clients__GoProgram</c>.</summary>
    public const string Go = "go";

    /// <summary>clang or gcc, which links native code, and the NuGet package of .NET's native compiler.</summary>
    public const string NativeAot = "native-aot";

    /// <summary>The arguments of <c>dotnet restore</c> and <c>dotnet publish</c> for the worker as native code.</summary>
    public static readonly string[] NativeWorker =
    [
        Path.Combine(BuiltProject.Root, "MilvusTracing.Worker"), "--use-current-runtime", "-p:PublishAot=true",
        "--artifacts-path", Path.Combine(BuiltProject.Root, "artifacts", "native-aot"),
        "-p:NativeDebugSymbols=false", "-p:RunAnalyzers=false", "--disable-build-servers", "-nodeReuse:false",
    ];

    private static readonly Dictionary<string, Lazy<string?>> Missing = new()
    {
        [Containers] = new(() => Succeeds("docker", "info") || Succeeds("podman", "info") ? null
            : "neither 'docker info' nor 'podman info' succeeds"),
        [Servers] = new(() => RealServers.Missing is { Length: > 0 } missing ? $"set {string.Join(", ", missing)}" : null),
        [Cluster] = new(() => Environment.GetEnvironmentVariable("MILVUS_CLUSTER") is { Length: > 0 } ? null : "set MILVUS_CLUSTER"),
        [Browser] = new(() => Support.Browser.Program is null ? "neither Chromium nor Chrome is on the PATH" : null),
        [Jaeger] = new(() => Environment.GetEnvironmentVariable("JAEGER_PROGRAM") is { Length: > 0 } ? null : "set JAEGER_PROGRAM"),
        [Kubectl] = new(() => Programs.Find("kubectl") is null ? "kubectl is not on the PATH" : null),
        [Kubernetes] = new(() => Environment.GetEnvironmentVariable("KUBERNETES_SCRIPT") is not { Length: > 0 } ? "set KUBERNETES_SCRIPT"
            : Environment.IsPrivilegedProcess ? null : "only root can start Kubernetes"),
        [OpenSearch] = new(() => Environment.GetEnvironmentVariable("OPENSEARCH_SCRIPT") is { Length: > 0 } ? null : "set OPENSEARCH_SCRIPT"),
        [NativeAot] = new(() => Programs.Find("clang", "gcc") is null ? "neither clang nor gcc is on the PATH"
            : Succeeds("dotnet", ["restore", .. NativeWorker]) ? null : "the NuGet feed has no runtime.*.Microsoft.DotNet.ILCompiler"),
        [Npm] = new(() => Programs.Find("npm") is null ? "npm is not on the PATH" : null),
        [Python] = new(() => Programs.Find("python3") is null ? "python3 is not on the PATH"
            : Succeeds("python3", [.. PipDownload, "--dest", Path.GetTempPath(), "--requirement", Client("python", "requirements.txt")]) ? null
            : "pip does not find the packages of clients/python"),
        [Java] = new(() => Programs.Find("javac") is null ? "no JDK is on the PATH"
            : Environment.GetEnvironmentVariable("Clients__JavaLibraries") is { Length: > 0 } ? null
            : Succeeds("mvn", "--batch-mode", "--quiet", "--file", Client("java", "pom.xml"), "dependency:resolve") ? null
            : "Maven does not find the packages of clients/java, and Clients__JavaLibraries is not set"),
        [Go] = new(() => Programs.Find("go") is not null || Environment.GetEnvironmentVariable("Clients__GoProgram") is { Length: > 0 } ? null
            : "go is not on the PATH, and Clients__GoProgram is not set"),
    };

    private static readonly string[] Required =
        (Environment.GetEnvironmentVariable("TESTS_REQUIRE") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    /// <returns>The reason to skip a test that needs this capability, or null to run it.</returns>
    public static string? WhyMissing(string capability) =>
        !Required.Contains(capability) && Missing[capability].Value is { } reason ? $"Needs {capability}: {reason}." : null;

    private static string Client(params string[] path) => Path.Combine([BuiltProject.Root, "clients", .. path]);

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            return new Command(program).WithArguments(arguments).WithValidation(CommandResultValidation.None)
                .ExecuteAsync(limit.Token).Task.GetAwaiter().GetResult().IsSuccess;
        }
        catch (Exception exception) when (exception is Win32Exception or OperationCanceledException)
        {
            // Not installed, or too slow.
            return false;
        }
    }
}
