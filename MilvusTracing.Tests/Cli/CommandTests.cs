using System.Runtime.InteropServices;
using System.Text.Json;
using MilvusTracing.Cli;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Verification;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private static readonly string[] AllServices = ["milvus-client", "segcore", "standalone"];

    private readonly string _before = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.json");

    public void Dispose() => File.Delete(_before);

    [Fact]
    public async Task Verify_prints_json()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(AllServices, "jaeger-client-only.json");

        var (code, output, _) = await RunAsync("--jaeger", jaeger.Url.ToString(), "--json");

        code.ShouldBe(1);
        using var json = JsonDocument.Parse(output);
        Names(json.RootElement).ShouldBe(
            ["traceId", "joined", "roots", "orphans", "clientCalls", "joinedCalls", "unansweredInternalCalls", "errors", "services", "backends", "causes"]);
        json.RootElement.GetProperty("joined").GetBoolean().ShouldBeFalse();
        json.RootElement.GetProperty("services").GetProperty("milvus-client").GetInt32().ShouldBe(12);
        Names(json.RootElement.GetProperty("backends")[0]).ShouldBe(["name", "url", "spans", "missing"]);
        Names(json.RootElement.GetProperty("causes")[0]).ShouldBe(["code", "message", "fix"]);
    }

    [Fact]
    public async Task Explain_prints_the_parts_of_each_operation()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "cluster-pass.json");
        string[] explain = ["explain", "--jaeger", jaeger.Url.ToString()];

        var (code, output, _) = await RunAsync([.. explain, "--operation", "search", "--last", "5"]);
        code.ShouldBe(0);
        output.ShouldStartWith("search: 552 ms, trace ");

        (code, output, _) = await RunAsync([.. explain, "--json", "--slowest"]);
        code.ShouldBe(0);
        using var json = JsonDocument.Parse(output);
        Names(json.RootElement.GetProperty("operations")[0]).ShouldBe(
            ["operation", "consistencyLevel", "calls", "p50Ms", "p95Ms", "slowestTraceId", "parts", "nodes", "difference", "advice"]);

        (code, output, _) = await RunAsync([.. explain, "--operation", "upsert"]);
        code.ShouldBe(1);
        output.ShouldContain("no operation 'upsert'");

        (code, output, _) = await RunAsync([.. explain, "--service", "nobody"]);
        code.ShouldBe(2);
        output.ShouldContain("No trace was found. 'milvus-trace verify' ");
    }

    [Fact]
    public async Task Explain_compares_with_saved_durations()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "cluster-pass.json");
        string[] explain = ["explain", "--jaeger", jaeger.Url.ToString()];

        (await RunAsync([.. explain, "--save", _before])).Code.ShouldBe(0);
        var (code, output, _) = await RunAsync([.. explain, "--compare", _before]);
        code.ShouldBe(0);
        output.ShouldMatch("search: 1 call before, 1 now\n +p50 then +p50 now .*\n +the whole call +552 ms +552 ms +0 % too few");

        (code, output, _) = await RunAsync([.. explain, "--compare", _before, "--json"]);
        code.ShouldBe(0);
        using var json = JsonDocument.Parse(output);
        Names(json.RootElement.GetProperty("operations")[0]).ShouldBe(["operation", "consistencyLevel", "callsBefore", "callsAfter", "whole", "parts"]);
        Names(json.RootElement.GetProperty("operations")[0].GetProperty("whole")).ShouldBe(
            ["part", "p50BeforeMs", "p50AfterMs", "p95BeforeMs", "p95AfterMs", "change"]);
    }

    [Theory]
    [InlineData(10, 8, 0, "")]
    [InlineData(100, 8, 1, "Slower by more than 20%: search")]
    [InlineData(100, 7, 2, "No operation has 8 calls before and 8 now")]
    public async Task Explain_fails_above_a_growth(int percent, int calls, int exitCode, string message)
    {
        Baseline.Of(Explanation.Of(ComparisonTests.Calls(calls, 200, 5, seed: 1))).Save(_before);
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json("/api/v3/traces", OtlpJson.Response(ComparisonTests.Calls(8, 200 + (2 * percent), 5, seed: 2)));

        var (code, output, error) = await RunAsync("explain", "--jaeger", jaeger.Url.ToString(), "--compare", _before, "--fail-above", "20%");

        code.ShouldBe(exitCode, output);
        error.ShouldContain(message);
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("explain")]
    public async Task A_backend_that_cannot_be_read_names_the_option_for_its_address(string command)
    {
        var (code, output, _) = await RunAsync(command, "--jaeger", "http://127.0.0.1:1", "--wait", "0");

        code.ShouldBe(2);
        output.ShouldContain("http://127.0.0.1:1");
        output.ShouldContain("--jaeger URL or JAEGER_URL");
    }

    [Fact]
    public async Task A_service_without_a_trace_could_not_be_checked()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync([]);

        var (code, output, _) = await RunAsync("--jaeger", jaeger.Url.ToString(), "--service", "shop", "--wait", "0");

        code.ShouldBe(2);
        output.ShouldStartWith("could not check: no trace of shop was found");
        output.ShouldContain("--service NAME");
    }

    [Theory]
    [InlineData("TRACE_ID is 'xyz', which is not 1 to 32 hexadecimal digits", "xyz")]
    [InlineData("--wait is 'soon', which is not a time such as 10s, 500ms, 1m", "--wait", "soon")]
    [InlineData("--wait is '-1s', which is not a time", "--wait", "-1s")]
    [InlineData("--wait is '1mm', which is not a time", "--wait", "1mm")]
    [InlineData("--wait is '61m', which is not a time", "--wait", "61m")]
    [InlineData("--jaeger is 'localhost:16686', which is not an http or https address such as http://localhost:16686", "--jaeger", "localhost:16686")]
    [InlineData("--dashboard is 'ftp://host', which is not an http or https address", "--dashboard", "ftp://host")]
    [InlineData("--jaeger is '***@jaeger:16686', which is not", "--jaeger", "me:secret@jaeger:16686")]
    [InlineData("--jaeger is 'http://***@jaeger:99999', which is not", "--jaeger", "http://me:se@cret@jaeger:99999")]
    [InlineData("--dashboard is 'localhost:18888/login?***', which is not", "--dashboard", "localhost:18888/login?t=secret")]
    [InlineData("--nope is not an option of this command", "--nope")]
    [InlineData("Required argument missing for option: '--wait'", "--wait")]
    [InlineData("--fail-above is 'much', which is not a growth such as 20%", "explain", "--compare", "x", "--fail-above", "much")]
    [InlineData("--fail-above is 'NaN', which is not a growth", "explain", "--compare", "x", "--fail-above", "NaN")]
    [InlineData("--wait is '-Infinity', which is not a time", "--wait=-Infinity")]
    [InlineData("--save and --compare need the path of a file", "explain", "--save", "")]
    [InlineData("--save and --compare need the path of a file", "explain", "--compare", "")]
    [InlineData("Could not find file", "explain", "--compare", "/missing.json")]
    [InlineData("--fail-above needs --compare FILE", "explain", "--fail-above", "20%")]
    [InlineData("--slowest explains one call", "explain", "--slowest", "--save", "x")]
    [InlineData("--service is '', which is not a service name", "--service", "")]
    public async Task An_invalid_argument_is_reported_in_one_sentence(string expected, params string[] args)
    {
        var (code, output, error) = await RunAsync(args);

        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith(expected);
        error.TrimEnd().Split('\n').Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("explain")]
    public async Task Ctrl_C_cancels(string command)
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.On("*", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var tool = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), command, "--jaeger", jaeger.Url.ToString(), "--wait", "10m"]);
        await tool.WaitForLineAsync(command == "verify" ? "reading the trace" : "reading the traces");

        tool.Signal(PosixSignal.SIGINT);

        (await tool.WaitForExitAsync()).ShouldBe(130, tool.Output);
    }

    [Theory]
    [InlineData("JAEGER_URL", "localhost:16686", true)]
    [InlineData("ASPIRE_DASHBOARD_URL", "http://localhost:65536", true)]
    [InlineData("ASPIRE_DASHBOARD_KEY", "ключ", false)]
    [InlineData("--dashboard-key", "two\nlines", false)]
    public async Task An_invalid_variable_or_key_is_reported_in_one_line_which_shows_no_key(string name, string value, bool isShown)
    {
        var (code, output) = name.StartsWith('-') ? await RunProcessAsync([name, value], []) : await RunProcessAsync([], new() { [name] = value });

        code.ShouldBe(2);
        output.ShouldContain(name);
        output.Contains(value).ShouldBe(isShown);
        output.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Empty_variables_are_ignored()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise(401, "text/plain", "");

        var (code, output) = await RunProcessAsync(
            ["--dashboard", dashboard.Url.ToString(), "--dashboard-key", "", "--wait", "0"],
            new() { ["JAEGER_URL"] = "", ["ASPIRE_DASHBOARD_URL"] = "", ["ASPIRE_DASHBOARD_KEY"] = "" });

        code.ShouldBe(2);
        output.ShouldContain("API key");
    }

    /// <summary>On a terminal of one column, which util-linux's <c>script</c> creates.</summary>
    [Theory]
    [InlineData("verify --jaeger {0}", "joined: 7 of 7 client calls")]
    [InlineData("explain --jaeger {0}", "search")]
    [InlineData("--help", "--jaeger")]
    public async Task A_terminal_of_one_column_gets_the_report(string arguments, string expected)
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-pass.json");
        var command = $"stty columns 1 && exec dotnet '{BuiltProject.Assembly("MilvusTracing.Cli")}' {string.Format(arguments, jaeger.Url)}";
        await using var tool = ChildProcess.Start("script", ["--quiet", "--return", "--command", command, "/dev/null"], new Dictionary<string, string?> { ["TERM"] = "xterm" });

        (await tool.WaitForExitAsync()).ShouldBe(0, tool.Output);
        tool.Output.ShouldContain(expected);
    }

    private static async Task<(int Code, string Output)> RunProcessAsync(string[] options, Dictionary<string, string?> variables)
    {
        await using var tool = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), .. options], variables);
        return (await tool.WaitForExitAsync(), tool.Output);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await MilvusTraceCommand.RunAsync(args, output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString());
    }
}
