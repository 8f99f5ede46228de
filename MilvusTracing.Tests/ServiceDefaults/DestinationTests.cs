using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>What goes where: each signal once.</summary>
public sealed class DestinationTests
{
    private const string TracePath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Everything_goes_to_the_OTLP_endpoint(string protocol)
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
    public async Task Traces_go_to_their_own_endpoint_alone_where_there_is_one()
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
    public async Task With_an_endpoint_for_traces_alone_nothing_else_is_sent_anywhere()
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
    [InlineData(null)]
    [InlineData(" ")]
    public async Task Without_an_endpoint_the_application_runs_and_says_nothing(string? endpoint)
    {
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
        var app = await RunAsync(settings, app => app.Operate());
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("localhost:4317", "localhost:4317")]
    [InlineData("me:secret@localhost:4317", "localhost:4317")]
    [InlineData("http://", "http://")]
    [InlineData("http://localhost:65536", "http://localhost:65536")]
    public async Task An_address_that_is_none_stops_the_start_in_one_sentence(string value, string shown)
    {
        foreach (var setting in (string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
        {
            var settings = Settings();
            settings[setting] = value;
            var failure = await Should.ThrowAsync<InvalidOperationException>(StartAsync(settings));
            failure.Message.ShouldBe($"{setting} is '{shown}'; expected http://host:port or https://host:port.");
        }
    }
}
