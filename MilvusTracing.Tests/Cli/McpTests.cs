using System.Diagnostics;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Verification;
using MilvusTracing.Verification;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace MilvusTracing.Tests.Cli;

/// <summary><c>milvus-trace mcp</c> as a process, called by the client of ModelContextProtocol.</summary>
public sealed class McpTests : IDisposable
{
    private static readonly string[] Server = [BuiltProject.Assembly("MilvusTracing.Cli"), "mcp", "--jaeger", "http://127.0.0.1:1", "--wait", "0"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("milvus-tracing-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Every_tool_only_reads_and_describes_itself_and_its_parameters()
    {
        await using var client = await ConnectAsync();

        var tools = await client.ListToolsAsync();

        tools.Select(tool => tool.Name).ShouldBe(["verify_trace", "explain", "find_slow", "compare"], ignoreOrder: true);
        tools.ShouldAllBe(tool => tool.ProtocolTool.Annotations!.ReadOnlyHint == true && tool.Description.Contains("Use it "));
        tools.ShouldAllBe(tool => !tool.JsonSchema.GetProperty("additionalProperties").GetBoolean());
        foreach (var parameter in tools.SelectMany(tool => tool.JsonSchema.GetProperty("properties").EnumerateObject()))
        {
            parameter.Value.GetProperty("description").GetString().ShouldNotBeNullOrEmpty(parameter.Name);
        }
    }

    [Theory]
    [InlineData("jaeger-no-traceparent.json jaeger-beside.json", "no-traceparent", "traceparent")]
    [InlineData("jaeger-client-only.json", "milvus-not-exporting", "trace.exporter=otlp")]
    [InlineData("jaeger-httpclient-parent.json", "httpclient-parent", "SuppressDownstreamInstrumentation = true")]
    [InlineData("jaeger-no-grpc-instrumentation.json", "httpclient-parent", "AddGrpcClientInstrumentation")]
    [InlineData("cluster-querynode-silent.json", "role-not-exporting", "querynode")]
    public async Task Verify_trace_names_the_fault(string recordings, string cause, string words)
    {
        await using var client = await ConnectAsync();

        var (text, structured) = await CallAsync(client, "verify_trace", new() { ["files"] = recordings.Split(' ').Select(RecordingPath) });

        text.ShouldStartWith("not joined: ");
        text.ShouldContain(words);
        structured.GetProperty("causes").EnumerateArray().Select(each => each.GetProperty("code").GetString()).ShouldContain(cause);
    }

    [Fact]
    public async Task Explain_names_the_largest_part_and_what_to_do()
    {
        await using var client = await ConnectAsync();

        var (text, structured) = await CallAsync(
            client, "explain", new() { ["files"] = new[] { RecordingPath("cluster-pass.json") }, ["operation"] = "search" });

        text.ShouldContain("waiting for the time tick");
        text.ShouldContain("bounded");
        structured.GetProperty("operations")[0].GetProperty("operation").GetString().ShouldBe("search");
    }

    [Fact]
    public async Task Find_slow_names_the_trace_the_part_and_the_node()
    {
        await using var client = await ConnectAsync();

        var (text, structured) = await CallAsync(client, "find_slow", new() { ["files"] = new[] { Searches(slow: i => i == 4) } });

        text.ShouldContain($"trace {4:x32}");
        text.ShouldContain("waiting in a scheduler");
        text.ShouldContain("querynode 7");
        structured.GetProperty("operations")[0].GetProperty("slowestTraceId").GetString().ShouldBe($"{4:x32}");
    }

    [Fact]
    public async Task Compare_names_the_part_that_became_slower()
    {
        var baseline = Path.Combine(_folder.FullName, "before.json");
        (await CommandTests.RunAsync("explain", "--file", Searches(slow: _ => false), "--save", baseline)).Code.ShouldBe(0);
        await using var client = await ConnectAsync();

        var (text, structured) = await CallAsync(
            client, "compare", new() { ["baseline"] = baseline, ["files"] = new[] { Searches(slow: _ => true) } });

        text.ShouldContain("waiting in a scheduler");
        var search = structured.GetProperty("operations")[0];
        search.GetProperty("whole").GetProperty("change").GetString().ShouldBe("slower");
        search.GetProperty("parts").EnumerateArray()
            .Where(part => part.GetProperty("change").GetString() == "slower").ShouldHaveSingleItem()
            .GetProperty("part").GetString().ShouldBe("waiting in a scheduler");
    }

    [Theory]
    [InlineData("verify_trace", "127.0.0.1:1", null, null)]
    [InlineData("verify_trace", "trace is 'xyz', which is not 1 to 32 hexadecimal digits", "trace", "xyz")]
    [InlineData("explain", "last is 0, which is not a number of traces", "last", 0)]
    [InlineData("explain", "last is \"many\", which is not an integer. How many", "last", "many")]
    [InlineData("find_slow", "files is \"a.json\", which is not an array of strings. Paths", "files", "a.json")]
    [InlineData("find_slow", "find_slow has no argument trace; it has service, operation, last, files.", "trace", "1")]
    [InlineData("compare", "compare needs the argument baseline. The earlier calls", null, null)]
    [InlineData("compare", "no.json", "baseline", "no.json")]
    public async Task An_error_is_a_sentence(string tool, string expected, string? parameter, object? value)
    {
        await using var client = await ConnectAsync();

        var result = await client.CallToolAsync(tool, parameter is null ? null : new Dictionary<string, object?> { [parameter] = value });

        result.IsError.ShouldBe(true);
        var text = TextOf(result);
        text.ShouldContain(expected);
        text.ShouldNotContain("   at ");
        text.ShouldNotContain("An error occurred");
    }

    [Fact]
    public async Task A_pipe_that_ends_gets_all_answers_and_nothing_else()
    {
        const string Requests =
            """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"verify_trace","arguments":{}}}
            """;

        var result = await CliWrap.Cli.Wrap("dotnet").WithArguments(Server).WithStandardInputPipe(PipeSource.FromString(Requests)).ExecuteBufferedAsync();

        var answers = result.StandardOutput.TrimEnd().Split('\n').Select(line => JsonElement.Parse(line)).ToDictionary(answer => answer.GetProperty("id").GetInt32());
        answers.Keys.ShouldBe([1, 2], ignoreOrder: true);
        answers[1].GetProperty("result").GetProperty("serverInfo").GetProperty("version").GetString()
            .ShouldBe(FileVersionInfo.GetVersionInfo(Server[0]).ProductVersion!.Split('+')[0]);
    }

    private static string RecordingPath(string name) => Path.Combine(BuiltProject.Root, "MilvusTracing.Tests", "Verification", "Recordings", name);

    private static Task<McpClient> ConnectAsync() => McpClient.CreateAsync(new StdioClientTransport(new() { Command = "dotnet", Arguments = Server }));

    private static async Task<(string Text, JsonElement Structured)> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments);
        result.IsError.ShouldNotBe(true, TextOf(result));
        return (TextOf(result), (JsonElement)result.StructuredContent!);
    }

    private static string TextOf(CallToolResult result) => result.Content.OfType<TextContentBlock>().ShouldHaveSingleItem().Text;

    /// <summary>A file with 12 searches; a slow one waits for 4 s in the scheduler of querynode 7.</summary>
    private string Searches(Func<int, bool> slow)
    {
        var traces = Enumerable.Range(1, 12).Select(i =>
        {
            var more = slow(i) ? 4_000 : 0.1 * i;
            return new TraceData($"{i:x32}",
            [
                Spans.Call(1, null, service: "shop", milliseconds: 40 + more),
                Spans.Server(2, 1, service: "proxy", at: 1, milliseconds: 38 + more),
                Spans.Span(3, 2, "milvus.proto.query.QueryNode/Search", "querynode", ActivityKind.Server, at: 2, milliseconds: 36 + more).With(("NodeID", "7")),
                Spans.Span(4, 3, "schedule", "querynode", at: 3, milliseconds: 1 + more).With(("NodeID", "7")),
            ]);
        });
        var path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, JsonSerializer.Serialize(OtlpJson.Request(traces)));
        return path;
    }
}
