using System.Net;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Failures;

/// <summary>Environment variables of <c>milvus-trace</c>, and its dashboard key.</summary>
public sealed class CliSettingTests
{
    [Theory]
    [InlineData("JAEGER_URL", "localhost:16686")]
    [InlineData("ASPIRE_DASHBOARD_URL", "http://localhost:65536")]
    public async Task Invalid_address_is_reported_in_one_line(string variable, string value)
    {
        var (code, output) = await RunAsync([], new() { [variable] = value });

        code.ShouldBe(2);
        output.ShouldContain(variable);
        output.ShouldContain(value);
        output.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Empty_variables_are_ignored()
    {
        var (code, output) = await RunAsync(
            ["--jaeger", "http://127.0.0.1:1"],
            new() { ["JAEGER_URL"] = "", ["ASPIRE_DASHBOARD_URL"] = "", ["ASPIRE_DASHBOARD_KEY"] = "" });

        code.ShouldBe(2);
        output.ShouldContain("http://127.0.0.1:1");
        output.ShouldNotContain("ASPIRE_DASHBOARD");
    }

    [Theory]
    [InlineData("ключ")]
    [InlineData("two\nlines")]
    public async Task Dashboard_key_that_is_no_header_value_is_rejected_and_not_shown(string key)
    {
        var (code, output) = await RunAsync(["--dashboard-key", key]);

        code.ShouldBe(2);
        output.ShouldContain("--dashboard-key");
        output.ShouldNotContain(key);
        output.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Empty_dashboard_key_is_no_key()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise((int)HttpStatusCode.Unauthorized, "text/plain", "");

        var (code, output) = await RunAsync(["--dashboard", dashboard.Url.ToString(), "--dashboard-key", "", "--wait", "0"]);

        code.ShouldBe(2);
        output.ShouldContain("API key");
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] options, Dictionary<string, string?>? variables = null)
    {
        await using var cli = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), .. options], variables);
        return (await cli.WaitForExitAsync(), cli.Output);
    }
}
