using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The example clients without what docs/clients.md recommends: the verdict names the cause.</summary>
[Collection(RealServers.Collection)]
public sealed class ClientRemedyTests : IDisposable
{
    private static readonly string Clients = Path.Combine(BuiltProject.Root, "clients");

    private readonly string _folder = Directory.CreateTempSubdirectory("milvus-tracing-client-").FullName;

    [RequiresFact(Capability.Servers, Capability.Python)]
    public async Task Pythons_random_ids_are_the_cause_of_missing_spans()
    {
        var scripts = Path.Combine(_folder, "bin");
        await ChildProcess.RunAsync("python3", "-m", "venv", _folder);
        await ChildProcess.RunAsync(
            Path.Combine(scripts, "python"), "-m", "pip", "install", "--quiet", "--requirement", Path.Combine(Clients, "python", "requirements.txt"));

        var cause = await FirstCauseAsync(
            "python-random", Path.Combine(scripts, "opentelemetry-instrument"), Path.Combine(scripts, "python"), Path.Combine(Clients, "python", "main.py"));

        cause.Code.ShouldBe(CauseCodes.TraceFlagsDropped);
        cause.Fix.ShouldContain("OTEL_PYTHON_ID_GENERATOR=xray");
        cause.Fix.ShouldContain("opentelemetry-sdk-extension-aws");
    }

    [RequiresFact(Capability.Servers, Capability.Java)]
    public async Task Javas_hidden_gRPC_is_the_cause_of_missing_spans()
    {
        var sources = Path.Combine(Clients, "java", "src", "main", "java");
        var libraries = Environment.GetEnvironmentVariable("Clients__JavaLibraries") ?? Path.Combine(Clients, "java", "target", "lib");
        var classPath = $"{_folder}{Path.PathSeparator}{Path.Combine(libraries, "*")}";
        var without = Path.Combine(_folder, "MilvusTracing.java");
        await File.WriteAllTextAsync(without, "final class MilvusTracing { static void install() { } }");
        await ChildProcess.RunAsync("javac", "-d", _folder, "-cp", classPath, Path.Combine(sources, "QuickSetup.java"), without);

        var cause = await FirstCauseAsync(
            "java-hidden", "java", $"-javaagent:{Path.Combine(libraries, "agent", "agent.jar")}", "-cp", classPath, "QuickSetup");

        cause.Code.ShouldBe(CauseCodes.GrpcHidden);
        cause.Fix.ShouldContain("MilvusTracing.java");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs a client, which succeeds, and verifies its trace, which does not join.</summary>
    private static async Task<Cause> FirstCauseAsync(string service, string program, params string[] arguments)
    {
        await using var client = ChildProcess.Start(program, arguments, new Dictionary<string, string?>
        {
            ["MILVUS_URI"] = RealServers.MilvusUrl.OriginalString,
            ["OTEL_SERVICE_NAME"] = service,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = RealServers.Jaeger,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_METRICS_EXPORTER"] = "none",
            ["OTEL_LOGS_EXPORTER"] = "none",
        });
        (await client.WaitForExitAsync()).ShouldBe(0, client.Output);

        using var jaeger = new JaegerBackend(RealServers.JaegerUrl);
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [jaeger], Service = service, Wait = TimeSpan.FromSeconds(15) });
        report.Outcome.ShouldBe(Outcome.NotJoined, report.ToPlainText());
        return report.Causes[0];
    }
}
