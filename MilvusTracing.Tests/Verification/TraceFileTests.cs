using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using MilvusTracing.Tests.Cli;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Verification;

/// <summary><c>--file</c>: what Jaeger's UI, the Collector and the dashboard write.</summary>
public sealed class TraceFileTests : IDisposable
{
    private static readonly JsonArray ResourceSpans = JsonNode.Parse(Recording.Read("jaeger-pass.json"))!["result"]!["resourceSpans"]!.AsArray();

    private static readonly string Otlp = $$"""{"resourceSpans":{{ResourceSpans.ToJsonString()}}}""";

    /// <summary>A document on each line, as the Collector's file exporter writes them; also logs.</summary>
    private static readonly string Lines = string.Concat(ResourceSpans.Select(Document).Append("""{"resourceLogs":[{"scopeLogs":[]}]}""").Select(line => $"{line}\n"));

    private static readonly Dictionary<string, Func<byte[]>> Formats = new()
    {
        ["Jaeger's UI"] = () => Utf8(Recording.Read("jaeger-ui-pass.json")),
        ["Jaeger's UI, the list last"] = () => Utf8($$"""{"total":0,"errors":null,{{Recording.Read("jaeger-ui-pass.json").TrimStart()[1..]}}"""),
        ["Jaeger's API"] = () => Utf8(Recording.Read("jaeger-pass.json")),
        ["the dashboard's API"] = () => Utf8(Recording.Read("dashboard-pass.json")),
        ["OTLP"] = () => Utf8(Otlp),
        ["OTLP with escapes in keys and values"] = () => Utf8(Otlp
            .Replace("rpc.", "r\\u0070c.").Replace("service.name", "service\\u002ename").Replace("milvus.proto", "milvus\\u002eproto")),
        ["OTLP with attributes without a value"] = () => Utf8(Otlp
            .Replace("""attributes":[{""", """attributes":[{"key":"url.path","value":{}},{"key":"http.route"},{"key":"rpc.method","value":{"arrayValue":{}}},{""")),
        ["lines of OTLP"] = () => Utf8(Lines),
        ["a gzip"] = () => Gzip(Utf8(Lines)),
        ["the dashboard's export"] = () => Zip(
            [.. ResourceSpans.Select((resource, i) => ($"traces/{i}.json", Document(resource))), ("structuredlogs/a.json", "{"), ("consolelogs/a.txt", "text")]),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("milvus-tracing-test-");

    public static TheoryData<string> FormatNames => new(Formats.Keys);

    public static TheoryData<string, Func<byte[]>, string> Unreadable => new()
    {
        { "nothing", () => [], "has no spans" },
        { "no spans", () => Utf8("""{"resourceLogs":[]}"""), "has no spans" },
        { "text", () => Utf8("\uFEFF\nhello"), "is not JSON; it starts with 'hello'" },
        {
            "another shape", () => Utf8("""{"resourceSpans":[{"resource":{"attributes":{}}}]}"""),
            "is JSON, but not of traces: $.resourceSpans[0].resource.attributes, from byte"
        },
        { "another value of data", () => Utf8("""{"data":[1]}"""), "is JSON, but not of traces: $.data[0], from byte" },
        { "a list", () => Utf8("[]"), "is JSON, but not of traces: $, from byte" },
        { "half a document", () => Utf8(Otlp[..(Otlp.Length / 2)]), "is truncated or damaged JSON" },
        { "half a line", () => Utf8(string.Join('\n', Lines.Split('\n')[..2].Append("""{"resourceSpans":[{"""))), "of line 3 on" },
        { "half a gzip", () => Formats["a gzip"]()[..2_000], "is truncated" },
        { "half a zip", () => Formats["the dashboard's export"]()[..2_000], "is a damaged or truncated archive" },
        {
            "a damaged gzip", () => [.. Formats["a gzip"]().Select((value, i) => i is > 1_000 and < 1_100 ? (byte)~value : value)],
            "is a damaged or truncated archive"
        },
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(FormatNames))]
    public async Task Every_format_is_verified_and_explained(string format)
    {
        var file = Write(Formats[format]());

        var (code, output, error) = await CommandTests.RunAsync("--file", file);

        code.ShouldBe(0, error);
        output.TrimEnd().Split('\n')[^1].ShouldStartWith("joined: 7 of 7 client calls, 1 root, 0 orphans, 58 spans (");
        (code, output, _) = await CommandTests.RunAsync("explain", "--file", file, "--operation", "search");
        code.ShouldBe(0);
        output.ShouldStartWith("search");
        output.ShouldContain("segcore");
    }

    [Fact]
    public async Task Spans_of_several_files_are_merged()
    {
        var files = ResourceSpans.SelectMany(resource => new[] { "--file", Write(Utf8(Document(resource))) });

        var (code, output, _) = await CommandTests.RunAsync([.. files]);

        code.ShouldBe(0);
        output.ShouldContain("58 spans");
    }

    [Fact]
    public async Task The_service_is_the_one_that_calls_Milvus_unless_it_is_named()
    {
        var file = Write(Utf8(Recording.Read("jaeger-ui-pass.json").Replace("\"milvus-client\"", "\"shop\"")));

        (await CommandTests.RunAsync("--file", file)).Output.ShouldContain("joined: 7 of 7 client calls");

        var (code, output, _) = await CommandTests.RunAsync("--file", file, "--service", "cart");
        code.ShouldBe(2);
        output.ShouldNotContain("cart runs");
        output.ShouldContain("it has those of segcore, shop, standalone");

        (code, output, _) = await CommandTests.RunAsync("--file", file, "1234");
        code.ShouldBe(1);
        output.ShouldContain("1234 was found");
        output.ShouldNotContain("SAMPLER");
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task A_file_that_cannot_be_read_is_reported_in_a_sentence(string what, Func<byte[]> content, string expected)
    {
        var file = Write(content());

        foreach (var command in new[] { "verify", "explain" })
        {
            var (code, output, error) = await CommandTests.RunAsync(command, "--file", file);

            code.ShouldBe(2);
            output.ShouldContain($"The file {file} ");
            output.ShouldContain(expected, customMessage: what);
            (output + error).ShouldNotContain("   at ");
        }
    }

    [Fact]
    public async Task A_path_that_is_no_file_is_reported_in_a_sentence()
    {
        (await CommandTests.RunAsync("--file", Path.Combine(_folder.FullName, "no.json"))).Output.ShouldContain("no.json does not exist");
        (await CommandTests.RunAsync("--file", _folder.FullName)).Output.ShouldContain("is a folder");
        (await CommandTests.RunAsync("--file", "a.json", "--jaeger", "http://localhost:1")).Error.ShouldStartWith("--file a.json and --jaeger exclude each other");
    }

    [Fact]
    public async Task Reading_of_500_MB_stops_at_the_limit_and_takes_little_memory()
    {
        var file = Path.Combine(_folder.FullName, "large.json.gz");
        await using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        {
            for (var written = 0L; written < 500_000_000;)
            {
                var document = Utf8($"{Lines.Replace(Recording.TraceIdOf(Lines), Guid.NewGuid().ToString("N"))}");
                await gzip.WriteAsync(document);
                written += document.Length;
            }
        }

        await using var tool = ChildProcess.Start(
            "dotnet",
            [BuiltProject.Assembly("MilvusTracing.Cli"), "--file", file],
            new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = $"{300 * 1024 * 1024:x}" });

        (await tool.WaitForExitAsync()).ShouldBe(2, tool.Output);
        tool.Output.ShouldContain("more than 200,000 spans; reading was stopped");
    }

    private static string Document(JsonNode? resourceSpans) => $$"""{"resourceSpans":[{{resourceSpans!.ToJsonString()}}]}""";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Gzip(byte[] content)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return memory.ToArray();
    }

    private static byte[] Zip(params IEnumerable<(string Name, string Text)> entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create))
        {
            foreach (var (name, text) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Utf8(text));
            }
        }

        return memory.ToArray();
    }

    private string Write(byte[] content)
    {
        var path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.json");
        File.WriteAllBytes(path, content);
        return path;
    }
}
