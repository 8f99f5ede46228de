using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Tests.Support.Otlp;
using OpenTelemetry.Metrics;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Each signal is exported to exactly one endpoint.</summary>
public sealed class DestinationTests
{
    private const string TracePath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task All_signals_are_exported_to_the_OTLP_endpoint(string protocol)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        var settings = Settings(dashboard);
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = (protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint).ToString();
        var app = await RunAsync(settings, app => app.Operate());

        app.SpansIn(dashboard).Count.ShouldBe(3);
        app.SpansIn(dashboard).ShouldAllBe(span => span.Service == app.Name);
        dashboard.Metrics.ShouldNotBeEmpty();
        dashboard.Logs.ShouldNotBeEmpty();
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Traces_are_exported_only_to_the_endpoint_for_traces()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate());

        app.SpansIn(jaeger).Count.ShouldBe(3);
        jaeger.Requests.ShouldAllBe(request => request.Path == TracePath);
        dashboard.Metrics.ShouldNotBeEmpty();
        dashboard.Logs.ShouldNotBeEmpty();
        dashboard.Requests.ShouldAllBe(request => request.Path != TracePath);
    }

    [Fact]
    public async Task With_only_an_endpoint_for_traces_nothing_else_is_exported()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(Settings(traces: jaeger), app =>
        {
            app.Operate();
            app.Meter.CreateCounter<long>("orders").Add(1);
        });

        app.SpansIn(jaeger).Count.ShouldBe(3);
        jaeger.Requests.ShouldAllBe(request => request.Path == TracePath);
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("METRICS")]
    [InlineData("LOGS")]
    public async Task With_only_an_endpoint_for_another_signal_nothing_else_is_exported(string signal)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var settings = Settings();
        settings[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] = receiver.GrpcEndpoint.ToString();
        await RunAsync(settings, app =>
        {
            app.Operate();
            app.Meter.CreateCounter<long>("orders").Add(1);
        });

        receiver.Requests.ShouldNotBeEmpty();
        receiver.Requests.ShouldAllBe(request => request.Path.Contains($".{signal.ToLowerInvariant()}."));
    }

    [Fact]
    public async Task Without_an_endpoint_for_metrics_no_reader_exports_them()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var app = await StartAsync(Settings(traces: jaeger));
        app.Meter.CreateCounter<long>("orders").Add(1);

        app.Services.GetRequiredService<MeterProvider>().ForceFlush().ShouldBeTrue();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public async Task Without_an_endpoint_nothing_is_exported_and_nothing_logged(string? endpoint)
    {
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
        var app = await RunAsync(settings, app => app.Operate());
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("localhost:4317")]
    [InlineData("me:secret@localhost:4317")]
    [InlineData("http://")]
    [InlineData("http://localhost:65536")]
    public async Task An_invalid_address_stops_the_start_without_showing_credentials(string value)
    {
        foreach (var signal in (string[])["", "TRACES_", "METRICS_", "LOGS_"])
        {
            var setting = $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT";
            var settings = Settings();
            settings[setting] = value;
            var failure = await Should.ThrowAsync<InvalidOperationException>(StartAsync(settings));
            failure.Message.ShouldContain(setting);
            failure.Message.ShouldNotContain("secret");
        }
    }
}
