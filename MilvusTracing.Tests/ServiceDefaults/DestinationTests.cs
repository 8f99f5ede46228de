using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>What goes where.</summary>
public sealed class DestinationTests
{
    private const string TracePath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    [Fact]
    public async Task Traces_metrics_and_logs_go_to_the_OTLP_endpoint_and_traces_to_Jaeger()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate());

        app.SpansIn(dashboard).Count.ShouldBe(3);
        dashboard.Metrics.ShouldNotBeEmpty();
        dashboard.Logs.ShouldNotBeEmpty();
        app.SpansIn(jaeger).Select(span => span.SpanId).ShouldBe(app.SpansIn(dashboard).Select(span => span.SpanId), ignoreOrder: true);
        jaeger.Requests.ShouldAllBe(request => request.Path == TracePath);
    }

    [Fact]
    public async Task Jaeger_alone_gets_traces_alone()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(Settings(jaeger: jaeger), app => app.Operate());

        app.SpansIn(jaeger).Count.ShouldBe(3);
        jaeger.Requests.ShouldAllBe(request => request.Path == TracePath);
    }

    [Fact]
    public async Task Without_a_destination_the_application_runs_and_says_nothing()
    {
        var app = await RunAsync(Settings(), app => app.Operate());
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}")]
    [InlineData("http://localhost:{0}/")]
    public async Task One_address_in_both_settings_gets_each_span_once(string jaegerAddress)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var settings = Settings(receiver);
        settings["ConnectionStrings:jaeger"] = string.Format(jaegerAddress, receiver.GrpcEndpoint.Port);
        var app = await RunAsync(settings, app => app.Operate());

        app.SpansIn(receiver).Count.ShouldBe(3);
        receiver.Metrics.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_protocol_setting_is_the_dashboards_and_Jaegers_is_always_gRPC()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(dashboard, jaeger);
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = dashboard.HttpEndpoint.ToString();
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        var app = await RunAsync(settings, app => app.Operate());

        dashboard.Requests.Select(request => request.Path).Distinct().ShouldBe(["/v1/traces", "/v1/metrics", "/v1/logs"], ignoreOrder: true);
        app.SpansIn(dashboard).Count.ShouldBe(3);
        jaeger.Requests.ShouldAllBe(request => request.IsGrpc);
        app.SpansIn(jaeger).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Spans_leave_in_batches_of_the_size_set()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(jaeger: jaeger);
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "60000";
        settings["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "10";
        var app = await RunAsync(settings, app => app.Operate(20));

        app.SpansIn(jaeger).Count.ShouldBe(60);
        jaeger.Requests.Count.ShouldBe(6);
    }
}
