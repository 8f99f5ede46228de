using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verifier;

/// <summary>What a backend that cannot be asked is told apart by.</summary>
public class BackendFailureTests
{
    [Fact]
    public async Task Nothing_listens()
    {
        // Bound and not listening: no other process can take the port meanwhile.
        using var port = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        port.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = new Uri($"http://{port.LocalEndPoint}");

        (await JaegerFailureAsync(url)).ShouldBe(new Cause(
            CauseCodes.BackendUnreachable,
            $"Nothing listens at http://127.0.0.1:{url.Port}, where Jaeger's query API should be.",
            "Start it, or name its address by --jaeger or JAEGER_URL."));
    }

    [Fact]
    public async Task Another_web_server_listens()
    {
        await using var other = await FakeHttpServer.StartAsync();
        other.Otherwise(200, "text/html", "<html>");

        (await JaegerFailureAsync(other.Url)).Message.ShouldBe(
            $"What answers at {other.Url.GetLeftPart(UriPartial.Authority)} is not Jaeger's query API but an HTTP server (Kestrel) that answers 200, text/html.");
    }

    [Fact]
    public async Task A_web_server_that_lacks_the_page_is_not_Jaeger_without_the_trace()
    {
        await using var other = await FakeHttpServer.StartAsync();

        (await JaegerFailureAsync(other.Url)).Message.ShouldEndWith("that answers 404.");
    }

    [Fact]
    public async Task The_dashboards_pages_listen()
    {
        await using var other = await FakeHttpServer.StartAsync();
        other.On("*", context =>
        {
            context.Response.Redirect("/login");
            return Task.CompletedTask;
        });

        (await JaegerFailureAsync(other.Url)).Message.ShouldEndWith("that answers 302, a redirect to /login.");
    }

    [Fact]
    public async Task JSON_of_another_form_is_not_Jaegers()
    {
        await using var other = await FakeHttpServer.StartAsync();
        other.Otherwise(200, "application/json", """{"data":{"spans":1}}""");

        (await JaegerFailureAsync(other.Url)).Message.ShouldEndWith("whose JSON is not of the expected form.");
    }

    [Fact]
    public async Task A_gRPC_server_listens()
    {
        await using var other = await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2);

        (await JaegerFailureAsync(other.Url)).Message.ShouldNotContain("Nothing listens");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
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

        (await JaegerFailureAsync(new Uri($"http://{listener.LocalEndpoint}"))).Message.ShouldEndWith("but a server that does not speak HTTP.");

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
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var dashboard = await FakeHttpServer.StartAsync(listen => listen.UseHttps(certificate));
        using var backend = new DashboardBackend(dashboard.Url, "key");

        var cause = await FailureAsync(backend);

        cause.Code.ShouldBe(CauseCodes.CertificateUntrusted);
        cause.Fix.ShouldContain("dotnet dev-certs https --trust");
    }

    [Theory]
    [InlineData("wrong-key", "refuses the API key")]
    [InlineData(null, "wants an API key and none was given")]
    public async Task The_dashboards_key_is_wrong(string? key, string expected)
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        dashboard.Otherwise(401, "text/plain", "");
        using var backend = new DashboardBackend(dashboard.Url, key);

        var cause = await FailureAsync(backend);

        cause.Code.ShouldBe(CauseCodes.KeyRefused);
        cause.Message.ShouldContain(expected);
        cause.Fix.ShouldContain("ASPIRE_DASHBOARD_KEY");
        (cause.Message + cause.Fix).ShouldNotContain("wrong-key");
    }

    [Fact]
    public async Task The_key_travels_as_a_header_and_a_login_link_is_an_address()
    {
        await using var dashboard = await FakeHttpServer.StartAsync();
        string? sent = null;
        dashboard.On("/api/telemetry/resources", async context =>
        {
            sent = context.Request.Headers["X-API-Key"];
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync("[]"u8.ToArray());
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
        var report = await TraceVerifier.VerifyAsync(new VerificationRequest { Backends = [backend], Wait = TimeSpan.FromSeconds(10) });
        report.Outcome.ShouldBe(Outcome.CouldNotCheck);
        report.ToVerdictLine().ShouldBe($"could not check: no response from {backend.Name}");
        return report.Causes.ShouldHaveSingleItem();
    }
}
