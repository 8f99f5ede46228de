using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

/// <summary>The packages of the example clients are those that docs/clients.md reports.</summary>
public sealed class ClientPackageTests
{
    [Theory]
    [InlineData("python/requirements.txt", "opentelemetry-exporter-otlp==([0-9.]+)", "Python", "OpenTelemetry ([0-9.]+)")]
    [InlineData("python/requirements.txt", "opentelemetry-distro==([0-9.]+)", "Python", "distro ([0-9.]+)")]
    [InlineData("python/requirements.txt", "pymilvus==([0-9.]+)", "Python", "pymilvus ([0-9.]+)")]
    [InlineData("java/pom.xml", "milvus-sdk-java</artifactId>\\s*<version>([0-9.]+)", "Java", "milvus-sdk-java ([0-9.]+)")]
    [InlineData("java/pom.xml", "opentelemetry-javaagent</artifactId>\\s*<version>([0-9.]+)", "Java", "agent ([0-9.]+)")]
    [InlineData("node/package.json", "auto-instrumentations-node\": \"([0-9.]+)", "Node.js", "auto-instrumentations-node ([0-9.]+)")]
    [InlineData("node/package.json", "milvus2-sdk-node\": \"([0-9.]+)", "Node.js", "milvus2-sdk-node ([0-9.]+)")]
    [InlineData("go/go.mod", "go.opentelemetry.io/otel v([0-9.]+)", "Go", "OpenTelemetry ([0-9.]+)")]
    [InlineData("go/go.mod", "milvus/client/v2 v([0-9.]+)", "Go", "client ([0-9.]+)")]
    public void A_clients_package_is_at_least_the_version_that_was_tried(string file, string pin, string language, string tried)
    {
        var row = File.ReadLines(Path.Combine(BuiltProject.Root, "docs", "clients.md")).Single(line => line.StartsWith($"| {language} |"));

        VersionIn(File.ReadAllText(Client(file)), pin).ShouldBeGreaterThanOrEqualTo(VersionIn(row, tried));
    }

    [Fact]
    public void The_program_that_tests_run_as_the_Go_client_is_built_from_its_source() =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Client("go/main.go")))).ShouldBe(
            "8548426d7daf5663c37acaf27dc445ee1228769f6cd23a5641c9652098053137",
            "clients/go/main.go has changed: build it, let Clients__GoProgram name the new program, and put its hash here.");

    private static string Client(string file) => Path.Combine(BuiltProject.Root, "clients", file);

    private static Version VersionIn(string text, string pattern)
    {
        var match = Regex.Match(text, pattern);
        match.Success.ShouldBeTrue($"nothing matches {pattern}");
        return Version.Parse(match.Groups[1].Value.TrimEnd('.'));
    }
}
