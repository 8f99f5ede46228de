using System.Net;
using System.Net.Sockets;
using MilvusTracing.Tests.Failures;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>Why a backend cannot be read is reported in a sentence, and so is what to do about it.</summary>
public class BackendFailureTests
{
    [Fact]
    public async Task Nothing_listens()
    {
        using var port = new ReservedPort();
        var url = new Uri($"http://127.0.0.1:{port.Number}");

        var cause = await JaegerFailureAsync(url);

        cause.Code.ShouldBe(CauseCodes.BackendUnreachable);
        cause.Message.ShouldStartWith($"Nothing listens at http://127.0.0.1:{url.Port}");
        cause.Fix.ShouldContain("http://localhost:16686");
    }

    [Fact]
    public async Task A_backend_that_starts_a_moment_later_is_read()
    {
        using var port = new ReservedPort();
        using var refused = new JaegerBackend(new Uri($"http://127.0.0.1:{port.Number}"));
        var reads = 0;
        var starting = new MemoryBackend("jaeger", Spans.Joined()) { Before = token => reads++ == 0 ? refused.GetServicesAsync(token) : Task.CompletedTask };

        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [starting], Trace = new(Spans.TraceId) });

        report.Outcome.ShouldBe(Outcome.Joined);
    }

    [Theory]
    [InlineData(404, "text/plain", "", "(Kestrel) that responds with 404, text/plain.", "http://localhost:16686")]
    [InlineData(200, "text/html", "<html>", "that responds with 200, text/html.", "sign-in page")]
    [InlineData(401, "text/plain", "Unauthorized", "that responds with 401, text/plain.", "sign-in page")]
    [InlineData(302, "text/plain", "", "that responds with 302, a redirect to /login.", "sign-in page", "/login")]
    [InlineData(200, "application/json", """{"data":{"spans":1}}""", "whose response is not the expected JSON.", "http://localhost:16686")]
    [InlineData(200, "text/html; charset=utf-8", "<html><title>Jaeger UI</title>", "does not serve /api/v3 at this address.", "2.0 or later")]
    [InlineData(500, "text/plain", """{"error":{"httpCode":500,"message":"too many traces"}}""", "responded with HTTP 500: too many traces.", "log")]
    public async Task Another_response_is_described(int status, string contentType, string body, string message, string fix, string? location = null)
    {
        await using var server = await FakeHttpServer.StartAsync();
        server.On("*", context =>
        {
            context.Response.Headers.Location = location;
            return FakeHttpServer.SendAsync(context, status, contentType, body);
        });

        var cause = await JaegerFailureAsync(server.Url);

        cause.Code.ShouldBe(CauseCodes.BackendUnreachable);
        cause.Message.ShouldContain($" at {server.Url.GetLeftPart(UriPartial.Authority)} ");
        cause.Message.ShouldEndWith(message);
        cause.Fix.ShouldContain(fix);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\0\0\0\u0004\0\0\0\0\0")] // HTTP/2 settings, of a gRPC server
    [InlineData("")]
    public async Task A_server_of_another_protocol_listens(string greeting)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(greeting), stop.Token);
            }
        });

        (await JaegerFailureAsync(new Uri($"http://{listener.LocalEndpoint}"))).Message.ShouldContain("but a server that does not speak HTTP/1.1");

        await stop.CancelAsync();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Https_on_a_plain_port()
    {
        await using var plain = await FakeHttpServer.StartAsync();

        var cause = await JaegerFailureAsync(new UriBuilder(plain.Url) { Scheme = "https" }.Uri);

        cause.Message.ShouldEndWith("does not speak TLS.");
        cause.Fix.ShouldStartWith("Use http://");
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted()
    {
        await using var dashboard = await TlsServer.StartAsync();
        using var backend = new DashboardBackend(new Uri($"https://127.0.0.1:{dashboard.Port}"), "key");

        var cause = await FailureAsync(backend);

        cause.Code.ShouldBe(CauseCodes.CertificateUntrusted);
        cause.Fix.ShouldContain("dotnet dev-certs https --trust");
    }

    [Theory]
    [InlineData("wrong-key", "refuses the API key")]
    [InlineData(null, "requires an API key and none was given")]
    public async Task The_dashboard_refuses_the_API_key(string? key, string expected)
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise(401, "text/plain", "");
        using var backend = new DashboardBackend(dashboard.Url, key);

        var cause = await FailureAsync(backend);

        cause.Code.ShouldBe(CauseCodes.KeyRefused);
        cause.Message.ShouldContain(expected);
        cause.Fix.ShouldContain("Dashboard:Api:PrimaryApiKey");
        (cause.Message + cause.Fix).ShouldNotContain("wrong-key");
    }

    [Fact]
    public async Task The_API_key_is_sent_as_a_header_and_a_login_link_is_accepted_as_address()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        string? sent = null;
        dashboard.On("/api/telemetry/resources", context =>
        {
            sent = context.Request.Headers["X-API-Key"];
            return FakeHttpServer.SendAsync(context, 200, "application/json", "[]");
        });
        using var backend = new DashboardBackend(new Uri(dashboard.Url, "/login?t=token"), "the-key");

        (await backend.GetServicesAsync(default)).ShouldBeEmpty();

        sent.ShouldBe("the-key");
    }

    private static async Task<Cause> JaegerFailureAsync(Uri url)
    {
        using var backend = new JaegerBackend(url);
        return await FailureAsync(backend);
    }

    private static async Task<Cause> FailureAsync(ITraceBackend backend)
    {
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend] });
        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.ToVerdictLine().ShouldStartWith($"could not check: {backend.Name} ");
        return report.Causes.ShouldHaveSingleItem();
    }
}
