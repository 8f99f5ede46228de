using System.Runtime.InteropServices;
using System.Text.Json;
using MilvusTracing.Tests.Support;
using MilvusTracing.Cli;

namespace MilvusTracing.Tests.Verifier;

public class CommandTests
{
    private static readonly string[] AllServices = ["milvus-client", "segcore", "standalone"];

    [Fact]
    public async Task The_latest_trace_is_printed_with_its_verdict()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-pass.json");

        var (code, output, _) = await RunAsync("--jaeger", jaeger.Url.ToString());

        code.ShouldBe(0);
        output.ShouldStartWith("trace ");
        output.TrimEnd().Split('\n')[^1].ShouldStartWith("joined: 7 of 7 client calls, 1 root, 0 orphans, 58 spans (milvus-client 10, standalone ");
    }

    [Fact]
    public async Task Json_is_one_object_with_the_documented_fields()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-client-only.json");

        var (code, output, _) = await RunAsync("--jaeger", jaeger.Url.ToString(), "--json");

        code.ShouldBe(1);
        using var json = JsonDocument.Parse(output);
        json.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(
            ["traceId", "joined", "roots", "orphans", "clientCalls", "joinedCalls", "unansweredInternalCalls", "errors", "services", "backends", "causes"]);
        json.RootElement.GetProperty("joined").GetBoolean().ShouldBeFalse();
        json.RootElement.GetProperty("services").GetProperty("milvus-client").GetInt32().ShouldBe(12);
        json.RootElement.GetProperty("backends")[0].EnumerateObject().Select(property => property.Name).ShouldBe(["name", "url", "spans", "missing"]);
        json.RootElement.GetProperty("causes")[0].EnumerateObject().Select(property => property.Name).ShouldBe(["code", "message", "fix"]);
    }

    [Fact]
    public async Task Json_tells_an_unreachable_backend_too()
    {
        var (code, output, _) = await RunAsync("--jaeger", "http://127.0.0.1:1", "--json");

        code.ShouldBe(2);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("causes")[0].GetProperty("code").GetString().ShouldBe("backend-unreachable");
    }

    [Theory]
    [InlineData("TRACE_ID is 'xyz', which is not 1 to 32 hexadecimal digits", "xyz")]
    [InlineData("--wait is 'soon', which is not a time such as 10s, 500ms, 1m", "--wait", "soon")]
    [InlineData("--wait is '-1s', which is not a time", "--wait", "-1s")]
    [InlineData("--wait is '2h', which is not a time", "--wait", "2h")]
    [InlineData("--wait is '61m', which is not a time", "--wait", "61m")]
    [InlineData("--jaeger is 'localhost:16686', which is not an absolute address such as http://localhost:16686", "--jaeger", "localhost:16686")]
    [InlineData("--dashboard is 'ftp://host', which is not an absolute address", "--dashboard", "ftp://host")]
    [InlineData("--jaeger is '***@jaeger:16686', which is not", "--jaeger", "me:secret@jaeger:16686")]
    [InlineData("--jaeger is 'http://***@jaeger:99999', which is not", "--jaeger", "http://me:se@cret@jaeger:99999")]
    [InlineData("--dashboard is 'localhost:18888/login?***', which is not", "--dashboard", "localhost:18888/login?t=secret")]
    [InlineData("--nope is no option of this command", "--nope")]
    [InlineData("Required argument missing for option: '--wait'", "--wait")]
    [InlineData("--service is '', which is not a service name", "--service", "")]
    public async Task Bad_arguments_are_told_in_one_sentence(string expected, params string[] args)
    {
        var (code, output, error) = await RunAsync(args);

        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith(expected);
        error.TrimEnd().Split('\n').Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("500ms", 500)]
    [InlineData("1m", 60_000)]
    [InlineData("2", 2_000)]
    [InlineData("0.5", 500)]
    [InlineData("0", 0)]
    public void A_wait_has_a_unit_or_is_in_seconds(string text, int milliseconds)
    {
        SharedOptions.TryParseWait(text, out var time).ShouldBeTrue();

        time.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("sm")]
    [InlineData("10 s")]
    [InlineData("1e3")]
    [InlineData("s")]
    [InlineData("1mm")]
    public void Anything_else_is_no_wait(string text) => SharedOptions.TryParseWait(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("verify")]
    [InlineData("explain")]
    public async Task Stopped_while_it_waits_it_ends_as_stopped_programs_do(string command)
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.On("*", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var tool = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), command, "--jaeger", jaeger.Url.ToString(), "--wait", "10m"]);
        await tool.WaitForLineAsync(command == "verify" ? "reading the trace" : "reading the traces");

        tool.Signal(PosixSignal.SIGINT);

        (await tool.WaitForExitAsync()).ShouldBe(130, tool.Output);
        tool.Lines[^1].ShouldBe("Stopped before the end.");
    }

    [Fact]
    public async Task Help_tells_every_option_and_no_key()
    {
        var (code, output, _) = await RunAsync("--help");

        code.ShouldBe(0);
        foreach (var option in new[] { "TRACE_ID", "--service", "--jaeger", "--dashboard", "--dashboard-key", "--wait", "--json" })
        {
            output.ShouldContain(option);
        }

        output.ShouldContain("[default: 10s]");
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await MilvusTraceCommand.RunAsync(args, output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString());
    }
}
