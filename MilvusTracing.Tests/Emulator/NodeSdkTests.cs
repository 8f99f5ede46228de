using System.Text.Json;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Emulator;

/// <summary>The Node.js SDK, traced by OpenTelemetry's packages, with the emulator.</summary>
public sealed class NodeSdkTests
{
    [RequiresFact(Capability.Npm)]
    public async Task Nodejs_quick_start_works_and_its_trace_includes_spans_of_the_emulator()
    {
        var folder = await InstallAsync();
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var emulator = await MilvusEmulator.StartAsync(new() { Port = 0, TracesEndpoint = receiver.GrpcEndpoint });
        await using var node = ChildProcess.Start(
            "node", [Path.Combine(folder, "quick-start.js"), emulator.Address.Authority, new Uri(receiver.HttpEndpoint, "v1/traces").ToString()]);

        (await node.WaitForExitAsync()).ShouldBe(0, node.Output);
        await emulator.DisposeAsync(); // exports the remaining spans

        using var result = JsonDocument.Parse(node.Lines.Single(line => line.StartsWith('{')));
        string Of(string name) => result.RootElement.GetProperty(name).ToString();
        Of("inserted").ShouldBe("4");
        Of("nearest").ShouldBe("""["0: text 0, blue","3: text 3, red"]""");
        Of("red").ShouldBe("""["text 1","text 3"]""");
        Of("deleted").ShouldBe("1");
        Of("missing").ShouldContain("collection not found[database=default][collection=no_such]");
        Of("has").ShouldBe("True");

        var spans = receiver.Spans.Where(span => span.TraceId == Of("traceId")).ToList();
        var byId = spans.ToDictionary(span => span.SpanId);
        spans.Where(span => !byId.ContainsKey(span.ParentSpanId)).ShouldHaveSingleItem().Name.ShouldBe("node quick start");
        foreach (var call in new[] { "CreateCollection", "Insert", "Search", "Query", "Delete" })
        {
            var server = spans.Where(span => span.Name == $"milvus.proto.milvus.MilvusService/{call}" && span.Service == "standalone").ToList();
            server.ShouldNotBeEmpty();
            server.ShouldAllBe(span => !byId[span.ParentSpanId].Service.StartsWith("standalone"));
        }

        spans.ShouldContain(span => span.Service == "segcore");
    }

    /// <summary>Installs the SDK once per machine, in a folder that is complete when it exists, since other test runs share it.</summary>
    private static async Task<string> InstallAsync()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Emulator", "NodeSdk");
        string[] files = [.. Directory.GetFiles(source).Order(StringComparer.Ordinal)];
        var version = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. files.SelectMany(File.ReadAllBytes)]))[..12];
        var folder = Path.Combine(Path.GetTempPath(), $"milvus-tracing-node-sdk-{version}");
        if (!Directory.Exists(folder))
        {
            var part = Directory.CreateDirectory($"{folder}.{Guid.NewGuid():n}").FullName;
            foreach (var file in files)
            {
                File.Copy(file, Path.Combine(part, Path.GetFileName(file)));
            }

            await using var npm = ChildProcess.Start("npm", ["install", "--prefix", part, "--no-audit", "--no-fund", "--loglevel=error"]);
            (await npm.WaitForExitAsync()).ShouldBe(0, npm.Output);
            try
            {
                Directory.Move(part, folder);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another test run installed the same version first.
                Directory.Delete(part, recursive: true);
            }
        }

        return folder;
    }
}
