using System.Diagnostics;
using System.Net;
using MilvusTracing.Tests.Support;
using MilvusTracing.Cli;
using MilvusTracing.Worker.Passes;

namespace MilvusTracing.Tests.Failures;

/// <summary>Empty, malformed and out-of-range values of the programs' options and variables, and values at the edge.</summary>
public sealed class BadSettingTests
{
    private const string Address = "which is not an absolute address such as http://localhost:16686.";

    [Theory]
    [InlineData("JAEGER_URL", "localhost:16686")]
    [InlineData("JAEGER_URL", "http://localhost:65536")]
    [InlineData("ASPIRE_DASHBOARD_URL", "dashboard")]
    [InlineData("ASPIRE_DASHBOARD_URL", "http://localhost:65536")]
    public async Task The_verifier_refuses_a_variable_by_its_name(string variable, string value)
        => await RefusesAsync("MilvusTracing.Cli", $"{variable} is '{value}', {Address}", [], new() { [variable] = value });

    [Fact]
    public async Task Empty_variables_of_the_verifier_are_unset_ones()
    {
        await using var verifier = ChildProcess.Start("dotnet", [BuiltProject.Assembly("MilvusTracing.Cli"), "--jaeger", "http://127.0.0.1:1"], new Dictionary<string, string?>
        {
            ["JAEGER_URL"] = "",
            ["ASPIRE_DASHBOARD_URL"] = "",
            ["ASPIRE_DASHBOARD_KEY"] = "",
        });

        (await verifier.WaitForExitAsync()).ShouldBe(2, verifier.Output);
        verifier.Output.ShouldContain("Nothing listens at http://127.0.0.1:1");
        verifier.Output.ShouldNotContain("ASPIRE_DASHBOARD");
    }

    [Theory]
    [InlineData($"--jaeger is '', {Address}", "--jaeger", "")]
    [InlineData($"--jaeger is 'http://localhost:65536', {Address}", "--jaeger", "http://localhost:65536")]
    [InlineData($"--dashboard is '', {Address}", "--dashboard", "")]
    [InlineData("--wait is '', which is not a time", "--wait", "")]
    [InlineData("TRACE_ID is '', which is not 1 to 32 hexadecimal digits", "")]
    [InlineData("TRACE_ID is '00000000000000000000000000000000', which is not 1 to 32 hexadecimal digits, not all zero", "00000000000000000000000000000000")]
    [InlineData("TRACE_ID is '123456789012345678901234567890123', which is not 1 to 32", "123456789012345678901234567890123")]
    public async Task The_verifier_refuses_an_option_in_a_sentence(string sentence, params string[] options)
    {
        var (code, output, error) = await VerifyAsync(options);

        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith(sentence);
        error.TrimEnd().ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("ключ")]
    [InlineData("two\nlines")]
    public async Task A_key_that_no_header_can_hold_is_refused_and_not_shown(string key)
    {
        var (code, output, error) = await VerifyAsync("--dashboard-key", key);

        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith("The dashboard's API key (--dashboard-key or ASPIRE_DASHBOARD_KEY, not shown) is not printable ASCII");
        error.ShouldNotContain(key);
    }

    [Fact]
    public async Task An_empty_key_is_none()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise((int)HttpStatusCode.Unauthorized, "text/plain", "");

        var (code, output, _) = await VerifyAsync("--dashboard", dashboard.Url.ToString(), "--dashboard-key", "", "--wait", "0");

        code.ShouldBe(2);
        output.ShouldContain("requires an API key and none was given");
    }

    [Fact]
    public void Credentials_in_JAEGER_URL_stay_out_of_the_log()
    {
        using var root = new Activity("quick_setup") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();

        new PassTrace(root, new Uri("https://me:secret@jaeger.example:8443/ui/")).ToString()
            .ShouldBe($"{root.TraceId} https://jaeger.example:8443/ui/trace/{root.TraceId}");
    }

    private static async Task RefusesAsync(string project, string sentence, string[] options, Dictionary<string, string?> settings)
    {
        await using var program = ChildProcess.Start("dotnet", [BuiltProject.Assembly(project), .. options], settings);

        (await program.WaitForExitAsync()).ShouldBe(2, program.Output);
        program.Output.ShouldBe(sentence);
    }

    private static async Task<(int Code, string Output, string Error)> VerifyAsync(params string[] options)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await MilvusTraceCommand.RunAsync(options, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
