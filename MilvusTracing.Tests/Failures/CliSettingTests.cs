using System.Net;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Failures;

/// <summary>Environment variables of <c>milvus-trace</c>, and its dashboard key.</summary>
public sealed class CliSettingTests
{
    [Theory]
    [InlineData("JAEGER_URL", "localhost:16686", true)]
    [InlineData("ASPIRE_DASHBOARD_URL", "http://localhost:65536", true)]
    [InlineData("ASPIRE_DASHBOARD_KEY", "ключ", false)]
    [InlineData("--dashboard-key", "two\nlines", false)]
    public async Task Invalid_value_is_reported_in_one_line_which_shows_no_key(string name, string value, bool isShown)
    {
        var (code, output) = name.StartsWith('-') ? await RunAsync([name, value], []) : await RunAsync([], new() { [name] = value });

        code.ShouldBe(2);
        output.ShouldContain(name);
        output.Contains(value).ShouldBe(isShown);
        output.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Empty_values_are_ignored()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise((int)HttpStatusCode.Unauthorized, "text/plain", "");

        var (code, output) = await RunAsync(
            ["--dashboard", dashboard.Url.ToString(), "--dashboard-key", "", "--wait", "0"],
            new() { ["JAEGER_URL"] = "", ["ASPIRE_DASHBOARD_URL"] = "", ["ASPIRE_DASHBOARD_KEY"] = "" });

        code.ShouldBe(2);
        output.ShouldContain("API key");
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] options, Dictionary<string, string?> variables)
    {
        await using var cli = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), .. options], variables);
        return (await cli.WaitForExitAsync(), cli.Output);
    }
}
