using System.Text.Json;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.AppHost;

public sealed class ManifestTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    public async Task The_manifest_has_the_containers_and_no_dashboard_or_emulator(string emulator)
    {
        var manifest = Path.Combine(_folder.FullName, "manifest.json");

        await using var appHost = ChildProcess.Start(
            "dotnet",
            [BuiltProject.Assembly("MilvusTracing.AppHost"), "--publisher", "manifest", "--output-path", manifest],
            new Dictionary<string, string?> { ["Milvus__Emulator"] = emulator });
        (await appHost.WaitForExitAsync()).ShouldBe(0, appHost.Output);

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(manifest));
        var resources = json.RootElement.GetProperty("resources");
        resources.EnumerateObject().Select(resource => resource.Name).ShouldBe(["milvus-key", "milvus", "jaeger", "milvus-client"], ignoreOrder: true);
        var jaeger = resources.GetProperty("jaeger");
        jaeger.GetProperty("image").GetString().ShouldBe("docker.io/jaegertracing/jaeger:2.13.0");
        jaeger.GetProperty("connectionString").GetString().ShouldBe("{jaeger.bindings.otlp-grpc.url}");
        jaeger.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()).ShouldBe(["--config=/etc/jaeger/jaeger.yaml"]);
        var milvus = resources.GetProperty("milvus").GetProperty("env");
        milvus.GetProperty("TRACE_OTLP_ENDPOINT").GetString().ShouldBe("{jaeger.bindings.otlp-grpc.host}:{jaeger.bindings.otlp-grpc.port}");
        var worker = resources.GetProperty("milvus-client").GetProperty("env");
        worker.GetProperty("ConnectionStrings__milvus").GetString().ShouldBe("{milvus.connectionString}");
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
