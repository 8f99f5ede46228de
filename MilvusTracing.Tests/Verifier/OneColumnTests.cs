using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Verifier;

/// <summary>The tool on a terminal of one column, as <c>script</c> of util-linux makes one.</summary>
public sealed class OneColumnTests
{
    [Theory]
    [InlineData("verify", "joined: 7 of 7 client calls")]
    [InlineData("explain", "search")]
    public async Task A_report_is_told_all_the_same(string command, string expected)
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-pass.json");
        await using var tool = Start($"{command} --jaeger {jaeger.Url}");

        (await tool.WaitForExitAsync()).ShouldBe(0, tool.Output);
        tool.Output.ShouldContain(expected);
    }

    [Fact]
    public async Task Help_is_told_all_the_same()
    {
        await using var tool = Start("--help");

        (await tool.WaitForExitAsync()).ShouldBe(0, tool.Output);
        tool.Output.ShouldContain("--jaeger");
    }

    private static ChildProcess Start(string arguments) => ChildProcess.Start(
        "script",
        ["--quiet", "--return", "--command", $"stty columns 1 && exec dotnet '{BuiltProject.Assembly("MilvusTracing.Cli")}' {arguments}", "/dev/null"],
        new Dictionary<string, string?> { ["TERM"] = "xterm" });
}
