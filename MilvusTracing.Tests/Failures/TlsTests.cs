using MilvusTracing.Emulator;
using MilvusTracing.Tests.Worker;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.Failures;

/// <summary>Only one side uses TLS, or the certificate is not trusted: the log has one line about it.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _certificate = Path.GetTempFileName();

    public void Dispose() => File.Delete(_certificate);

    [Theory]
    [InlineData("http", "grpc")]
    [InlineData("https", "grpc")]
    [InlineData("https", "http/protobuf")]
    [InlineData("https", "grpc", true)]
    public async Task Collector_with_TLS_receives_telemetry_if_its_certificate_is_trusted(string scheme, string protocol, bool isTrusted = false)
    {
        await using var collector = await TlsServer.StartAsync();
        await File.WriteAllTextAsync(_certificate, collector.Pem);
        var address = $"{scheme}://127.0.0.1:{collector.Port}";

        var app = await RunAsync(
            Settings(more: [
                ("EXPORTER_OTLP_ENDPOINT", address), ("EXPORTER_OTLP_PROTOCOL", protocol),
                ("EXPORTER_OTLP_CERTIFICATE", isTrusted ? _certificate : null)]),
            app => app.Operate());

        (collector.Requests > 0).ShouldBe(isTrusted);
        app.Warnings.Count.ShouldBe(isTrusted ? 0 : 1);
        app.Warnings.ShouldAllBe(warning => warning.StartsWith($"{address} (OTEL_EXPORTER_OTLP_ENDPOINT) does not accept telemetry: ")
            && (warning.Contains("certificate") || scheme == "http"));
    }

    [Theory]
    [InlineData(false, "https", "")]
    [InlineData(true, "http", "")]
    [InlineData(true, "https", "certificate")]
    public async Task Pass_fails_if_the_worker_and_Milvus_do_not_agree_on_TLS(bool hasTls, string scheme, string reason)
    {
        await using var tls = await TlsServer.StartAsync();
        await using var plain = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        var port = hasTls ? tls.Port : plain.Address.Port;
        await using var worker = WorkerProcess.Start($"Endpoint={scheme}://127.0.0.1:{port};Key=root:secret", passes: 1);

        (await worker.WaitForExitAsync()).ShouldBe(1, worker.Output);

        var line = worker.Lines.ShouldHaveSingleItem();
        line.ShouldContain($"quick_setup failed at has_collection: no connection to Milvus at 127.0.0.1:{port} (");
        line.ShouldContain("http:// or https:// in ConnectionStrings:milvus");
        line.ShouldContain(reason);
        line.ShouldNotContain("secret");
    }
}
