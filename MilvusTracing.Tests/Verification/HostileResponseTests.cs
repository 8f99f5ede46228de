using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Cli;
using MilvusTracing.Tests.Cli;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Verification;

/// <summary>A backend may return anything: the result is a verdict or a sentence, within limits of time and memory.</summary>
public class HostileResponseTests
{
    [Theory]
    [InlineData("""{"result":null}""")]
    [InlineData("""{"result":{}}""")]
    [InlineData("""{"result":{"resourceSpans":[null]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"resource":null,"scopeSpans":[null,{"scope":null,"spans":[null]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"0000000000000000"},{"traceId":"ID","spanId":"xyz"},{"traceId":"ID"},{"spanId":"1"}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","kind":99,"flags":4294967295,"status":null,"startTimeUnixNano":null}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","startTimeUnixNano":"18446744073709551615","endTimeUnixNano":"0"}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","startTimeUnixNano":-1,"endTimeUnixNano":1e999}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","parentSpanId":"1"},{"traceId":"ID","spanId":"1"}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","attributes":[{},{"key":"rpc.system"},{"key":"rpc.system","value":{}},{"value":{"arrayValue":{"values":[{}]}},"key":"rpc.service"}]}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ID","spanId":"1","attributes":[null,1,{"key":null}]}]}]}]}}""")]
    [InlineData("""{"result":{"resourceSpans":[{"resource":{"attributes":{}}}]}}""")]
    [InlineData("""{"result":{"resourceSpans":1}}""")]
    public async Task Unusual_JSON_of_Jaeger_ends_in_a_verdict_or_a_sentence(string json)
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Otherwise(200, "application/json", json.Replace("ID", TraceId, StringComparison.Ordinal));

        foreach (var args in new string[][] { [TraceId], ["--service", "s"], ["explain", TraceId], ["explain", "--last", "5"] })
        {
            var (code, output, error) = await CommandTests.RunAsync([.. args, "--jaeger", jaeger.Url.ToString(), "--wait", "0"]);

            code.ShouldBeOneOf(1, 2);
            (output + error).ShouldNotContain("   at ");
        }
    }

    [Fact]
    public async Task Unusual_JSON_of_the_dashboard_ends_in_a_verdict()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Json("/api/telemetry/resources", """[null,{"name":null,"hasTraces":true}]""");
        dashboard.Otherwise(200, "application/json", """{"data":{"resourceSpans":[null]}}""");
        using var backend = new DashboardBackend(dashboard.Url);

        var report = await VerifyAsync(backend, new TraceReference(TraceId));

        report.Outcome.ShouldBe(Outcome.NotJoined, report.ToPlainText());
    }

    [Fact]
    public async Task Credentials_in_a_redirect_and_escape_sequences_are_not_shown()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await other.AcceptTcpClientAsync();
            await client.GetStream().ReadAtLeastAsync(new byte[16], 16);
            await client.GetStream().WriteAsync("HTTP/1.1 302 Found\r\nServer: evil/1 (\u001b[2J)\r\nLocation: https://me:secret@login.example/cb?token=secret#secret\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });

        var (code, output, error) = await CommandTests.RunAsync("--jaeger", $"http://{other.LocalEndpoint}", "--wait", "2s");

        await serving;
        code.ShouldBe(2);
        output.ShouldContain("a redirect to https://login.example/cb.");
        (output + error).ShouldNotContain("secret");
        (output + error).Where(c => char.IsControl(c) && c is not '\n' and not '\r').ShouldBeEmpty();
    }

    [Fact]
    public async Task Reading_of_an_endless_response_stops_at_the_limit() => (await EndlessAsync(async context =>
    {
        var part = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"spanId":"zz","attributes":[{},{},{}]},""", 10_000)));
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"result":{"resourceSpans":[{"scopeSpans":[{"spans":["""));
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(part, context.RequestAborted);
        }
    })).ShouldContain("more than 200,000 spans");

    [Fact]
    public async Task The_limit_applies_to_the_decompressed_response() => (await EndlessAsync(async context =>
    {
        context.Response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await gzip.WriteAsync("{\"result\":null,\"x\":["u8.ToArray());
        var part = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("          ", 100_000)));
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await gzip.WriteAsync(part, context.RequestAborted);
        }
    })).ShouldContain("reading was stopped");

    [Fact]
    public async Task A_slow_response_ends_with_the_wait()
    {
        var output = await EndlessAsync(
            async context =>
            {
                await context.Response.Body.WriteAsync("{\"result\":["u8.ToArray());
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(50, context.RequestAborted);
                }
            },
            wait: "3s");

        output.ShouldContain("did not respond in time.");
    }

    [Fact]
    public async Task Names_cannot_inject_markup_or_terminal_control()
    {
        const string Evil = "`<img src=x onerror=alert(1)>` **b** [a](http://x) | www.x.y https://x.y \u001b]0;t\u0007 \u202e\n# h\n```\n<script>";
        var trace = Trace(Span(1, name: "```", service: Evil), Call(2, 1) with { Service = Evil }, Span(4, 99, Evil, isError: true));
        var report = await VerifyAsync(new MemoryBackend(Evil, trace));

        var markdown = report.ToMarkdown(new Uri("http://localhost:16686"));
        var outside = System.Text.RegularExpressions.Regex.Replace(markdown, "(`{4,})text\n.*?\n\\1", "", System.Text.RegularExpressions.RegexOptions.Singleline);
        outside.ShouldContain(@"\<img src=x onerror=alert(1)\>");
        outside.ShouldNotMatch(@"(?<!\\)[<>`|#]");
        outside.ShouldNotContain("www.x");
        outside.ShouldNotContain("https://x");
        foreach (var text in new[] { markdown, report.ToPlainText(), report.ToJson(), Explanation.Of([trace]).ToPlainText(), Terminal.Draw(100, console => TerminalReport.Write(report, console)) })
        {
            text.Where(c => (char.IsControl(c) && c is not '\n' and not '\r') || c == '\u202e').ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("--json")]
    public async Task A_credential_in_an_address_is_never_shown(string argument)
    {
        var (code, output, error) = await CommandTests.RunAsync(argument, "--jaeger", "http://me:secret@127.0.0.1:1/?key=secret", "--wait", "0");

        code.ShouldBe(2);
        (output + error).ShouldNotContain("secret");
    }

    private static async Task<string> EndlessAsync(Func<HttpContext, Task> respond, string wait = "5m")
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.On("*", async context =>
        {
            context.Response.ContentType = "application/json";
            try
            {
                await respond(context);
            }
            catch (OperationCanceledException)
            {
                // The reader has closed the connection.
            }
        });
        var (code, output, _) = await CommandTests.RunAsync(TraceId, "--jaeger", jaeger.Url.ToString(), "--wait", wait);
        code.ShouldBe(2);
        return output;
    }
}
