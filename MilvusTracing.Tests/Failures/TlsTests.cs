using MilvusTracing.Emulator;
using MilvusTracing.Tests.Worker;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.Failures;

/// <summary>Only one side uses TLS, or the certificate is not trusted: the log has one line about it.</summary>
public sealed class TlsTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    [Theory]
    [InlineData("grpc", "http")]
    [InlineData("grpc", "https")]
    [InlineData("http/protobuf", "https")]
    public async Task Collector_with_TLS_is_called_without_TLS_or_its_certificate_is_not_trusted(string protocol, string scheme)
    {
        await using var server = await TlsServer.StartAsync();
        var address = $"{scheme}://127.0.0.1:{server.Port}";
        var settings = Settings();
        settings[Endpoint] = address;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;

        var app = await RunAsync(settings, app => app.Operate());

        server.Requests.ShouldBe(0);
        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"{address} ({Endpoint}) does not accept telemetry: ");
        if (scheme == "https")
        {
            warning.ShouldContain("certificate");
        }
    }

    [Fact]
    public async Task Collector_with_a_trusted_certificate_receives_telemetry()
    {
        await using var collector = await TlsServer.StartAsync();
        var certificate = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(certificate, collector.Pem);
            var settings = Settings();
            settings[Endpoint] = $"https://127.0.0.1:{collector.Port}";
            settings["OTEL_EXPORTER_OTLP_CERTIFICATE"] = certificate;

            var app = await RunAsync(settings, app => app.Operate());

            app.Log.Warnings.ShouldBeEmpty();
            collector.Requests.ShouldBeGreaterThan(0);
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    [Fact]
    public async Task Milvus_without_TLS_is_called_with_TLS()
    {
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        await FailsAsync("https", milvus.Address.Port);
    }

    [Fact]
    public async Task Milvus_with_TLS_is_called_without_TLS()
    {
        await using var milvus = await TlsServer.StartAsync();
        await FailsAsync("http", milvus.Port);
    }

    [Fact]
    public async Task Certificate_of_Milvus_is_not_trusted()
    {
        await using var milvus = await TlsServer.StartAsync();
        (await FailsAsync("https", milvus.Port)).ShouldContain("certificate");
    }

    private static async Task<string> FailsAsync(string scheme, int port)
    {
        await using var worker = WorkerProcess.Start($"Endpoint={scheme}://127.0.0.1:{port};Key=root:secret", passes: 1);

        (await worker.WaitForExitAsync()).ShouldBe(1, worker.Output);

        var line = worker.Lines.ShouldHaveSingleItem();
        line.ShouldContain($"quick_setup failed at has_collection: no connection to Milvus at 127.0.0.1:{port} (");
        line.ShouldContain("http:// or https:// in ConnectionStrings:milvus");
        line.ShouldNotContain("secret");
        return line;
    }
}
