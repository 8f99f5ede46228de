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
        var endpoint = protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint;
        var settings = Settings(more: [("EXPORTER_OTLP_ENDPOINT", endpoint.ToString()), ("EXPORTER_OTLP_PROTOCOL", protocol)]);

        var app = await RunAsync(settings, app => app.Operate());

        app.SpansIn(dashboard).Count.ShouldBe(3);
        app.SpansIn(dashboard).ShouldAllBe(span => span.Service == app.Name);
        dashboard.Metrics.ShouldNotBeEmpty();
        dashboard.Logs.ShouldNotBeEmpty();
        app.Warnings.ShouldBeEmpty();
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

    [Theory]
    [InlineData("TRACES", "grpc", TracePath)]
    [InlineData("TRACES", "http/protobuf", "/v1/traces")]
    [InlineData("METRICS", "grpc", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")]
    [InlineData("LOGS", "grpc", "/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    public async Task With_an_endpoint_for_one_signal_nothing_else_is_exported(string signal, string protocol, string path)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var endpoint = protocol == "grpc" ? receiver.GrpcEndpoint : new Uri(receiver.HttpEndpoint, path);
        var app = await RunAsync(
            Settings(more: [($"EXPORTER_OTLP_{signal}_ENDPOINT", endpoint.ToString()), ($"EXPORTER_OTLP_{signal}_PROTOCOL", protocol)]),
            app =>
            {
                app.Operate();
                app.Meter.CreateCounter<long>("orders").Add(1);
                // A reader without an endpoint would fail to export to localhost:4317.
                app.Services.GetRequiredService<MeterProvider>().ForceFlush().ShouldBeTrue();
            });

        receiver.Requests.Select(request => request.Path).Distinct().ShouldBe([path]);
        app.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public async Task Without_an_endpoint_nothing_is_exported_and_nothing_logged(string? endpoint)
    {
        var app = await RunAsync(Settings(more: ("EXPORTER_OTLP_ENDPOINT", endpoint)), app => app.Operate());

        app.Warnings.ShouldBeEmpty();
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
            var setting = $"EXPORTER_OTLP_{signal}ENDPOINT";
            var failure = await Should.ThrowAsync<InvalidOperationException>(StartAsync(Settings(more: (setting, value))));
            failure.Message.ShouldContain(setting);
            failure.Message.ShouldNotContain("secret");
        }
    }
}
