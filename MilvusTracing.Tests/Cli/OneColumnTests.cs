using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Verification;

namespace MilvusTracing.Tests.Cli;

/// <summary>The tool on a terminal of one column, which util-linux's <c>script</c> creates.</summary>
public sealed class OneColumnTests
{
    [Theory]
    [InlineData("verify --jaeger {0}", "joined: 7 of 7 client calls")]
    [InlineData("explain --jaeger {0}", "search")]
    [InlineData("--help", "--jaeger")]
    public async Task Prints_its_report(string arguments, string expected)
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-pass.json");
        var command = $"stty columns 1 && exec dotnet '{BuiltProject.Assembly("MilvusTracing.Cli")}' {string.Format(arguments, jaeger.Url)}";
        await using var tool = ChildProcess.Start("script", ["--quiet", "--return", "--command", command, "/dev/null"], new Dictionary<string, string?> { ["TERM"] = "xterm" });

        (await tool.WaitForExitAsync()).ShouldBe(0, tool.Output);
        tool.Output.ShouldContain(expected);
    }
}
