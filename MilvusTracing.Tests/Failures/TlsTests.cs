using MilvusTracing.Emulator;
using MilvusTracing.Tests.Worker;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.Failures;

/// <summary>One side speaks TLS and the other does not, or does not trust it: a sentence tells, and nothing else breaks.</summary>
public sealed class TlsTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    [Theory]
    [InlineData("grpc", "http")]
    [InlineData("grpc", "https")]
    [InlineData("http/protobuf", "https")]
    public async Task A_backend_with_TLS_is_called_without_or_has_a_certificate_that_is_not_trusted(string protocol, string scheme)
    {
        await using var server = await TlsServer.StartAsync();
        var address = $"{scheme}://127.0.0.1:{server.Port}";
        var settings = Settings();
        settings[Endpoint] = address;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;

        var app = await RunAsync(settings, app => app.Operate());

        server.Requests.ShouldBe(0);
        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"{address} ({Endpoint}) does not take telemetry: ");
        if (scheme == "https")
        {
            warning.ShouldContain("certificate");
        }
    }

    [Fact]
    public async Task A_dashboard_whose_certificate_is_trusted_takes_telemetry()
    {
        await using var dashboard = await TlsServer.StartAsync();
        var certificate = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(certificate, dashboard.Pem);
            var settings = Settings();
            settings[Endpoint] = $"https://127.0.0.1:{dashboard.Port}";
            settings["OTEL_EXPORTER_OTLP_CERTIFICATE"] = certificate;

            var app = await RunAsync(settings, app => app.Operate());

            app.Log.Warnings.ShouldBeEmpty();
            dashboard.Requests.ShouldBeGreaterThan(0);
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    [Fact]
    public async Task A_Milvus_without_TLS_is_called_with()
    {
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        await FailsAsync("https", milvus.Address.Port);
    }

    [Fact]
    public async Task A_Milvus_with_TLS_is_called_without()
    {
        await using var milvus = await TlsServer.StartAsync();
        await FailsAsync("http", milvus.Port);
    }

    [Fact]
    public async Task A_Milvus_has_a_certificate_that_is_not_trusted()
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
        line.ShouldContain("check that it is up, and the address and its http:// or https:// in ConnectionStrings:milvus");
        line.ShouldNotContain("secret");
        return line;
    }
}
