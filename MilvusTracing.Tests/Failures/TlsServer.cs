using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Failures;

/// <summary>A TLS server with a self-signed certificate. By default it responds to every request with the gRPC status OK.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly FakeHttpServer _server;
    private readonly X509Certificate2 _certificate;
    private int _requests;

    private TlsServer(FakeHttpServer server, X509Certificate2 certificate, Func<HttpContext, Task> handler)
    {
        (_server, _certificate) = (server, certificate);
        server.On("*", context =>
        {
            Interlocked.Increment(ref _requests);
            return handler(context);
        });
    }

    public int Port => _server.Port;

    /// <summary>The number of requests received.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The certificate, for clients that trust it.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    public static async Task<TlsServer> StartAsync(Func<HttpContext, Task>? handler = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new TlsServer(
            await FakeHttpServer.StartAsync(listen => listen.UseHttps(certificate)), certificate,
            handler ?? (context => OtlpFaults.GrpcStatus(StatusCode.OK)(context, _ => Task.CompletedTask)));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }
}
