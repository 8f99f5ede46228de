using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using MilvusTracing.Local.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>What is recorded, as it leaves the process.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task Logs_carry_message_values_scopes_and_the_trace()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using (var app = await StartAsync(Settings(dashboard)))
        {
            var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Shop");
            using var span = app.Source.StartActivity("pass");
            using var scope = logger.BeginScope(new Dictionary<string, object> { ["Pass"] = 7 });
            logger.LogInformation("Found {Rows} rows", 3);
        }

        var log = dashboard.Logs.Single(log => log.Scope == "Shop");
        var pass = dashboard.Spans.Single(span => span.Name == "pass");
        log.Attributes["Rows"].ShouldBe(3L);
        log.Attributes["Pass"].ShouldBe(7L);
        log.Body.ShouldBe("Found 3 rows");
        (log.TraceId, log.SpanId).ShouldBe((pass.TraceId, pass.SpanId));
        log.Severity.ShouldBe("Information");
    }

    [Fact]
    public async Task Metrics_are_the_runtimes_and_the_applications()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using (var app = await StartAsync(Settings(dashboard)))
        {
            app.Meter.CreateHistogram<double>("db.client.operation.duration", "s").Record(0.5);
        }

        dashboard.Metrics.ShouldContain(metric => metric.Scope == "System.Runtime" && metric.Name == "dotnet.gc.collections");
        var duration = dashboard.Metrics.Single(metric => metric.Name == "db.client.operation.duration");
        duration.Unit.ShouldBe("s");
        duration.Points.ShouldHaveSingleItem().Value.ShouldBe(0.5);
    }

    [Fact]
    public async Task A_server_continues_the_span_of_the_gRPC_call_and_HttpClient_adds_none()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var server = await OtlpReceiver.StartAsync();
        string traceId;

        // As an application does that has HttpClient instrumentation.
        await using (var app = await StartAsync(
            Settings(jaeger: jaeger),
            builder => builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource("System.Net.Http"))))
        {
            using var operation = app.Source.StartActivity("search", ActivityKind.Client);
            traceId = operation!.TraceId.ToHexString();
            await CallAsync(server);
        }

        var spans = jaeger.Spans.Where(span => span.TraceId == traceId).ToList();
        spans.Count.ShouldBe(2);
        var search = spans.Single(span => span.Name == "search");
        var call = spans.Single(span => span != search);
        call.Name.ShouldBe("opentelemetry.proto.collector.trace.v1.TraceService/Export");
        call.Kind.ShouldBe(ActivityKind.Client);
        call.ParentSpanId.ShouldBe(search.SpanId);
        server.Requests.ShouldHaveSingleItem().Headers["traceparent"].ShouldBe($"00-{traceId}-{call.SpanId}-01");
    }

    [Fact]
    public async Task A_trace_that_is_not_sampled_tells_the_server_so()
    {
        await using var server = await OtlpReceiver.StartAsync();
        var settings = Settings(jaeger: server);
        settings["OTEL_TRACES_SAMPLER"] = "always_off";
        await using (var app = await StartAsync(settings))
        {
            using var operation = app.Source.StartActivity("search", ActivityKind.Client);
            await CallAsync(server);
        }

        server.Spans.ShouldBeEmpty();
        server.Requests.ShouldHaveSingleItem().Headers["traceparent"].ShouldEndWith("-00");
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Sending_telemetry_makes_no_spans(string protocol)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(dashboard, jaeger);
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = (protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint).ToString();
        settings["OTEL_METRIC_EXPORT_INTERVAL"] = "50";
        await using (await StartAsync(settings, builder => builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSource("System.Net.Http", "Grpc.Net.Client", "Experimental.System.Net.Http.Connections"))))
        {
            await dashboard.WaitForAsync(
                () => dashboard.Requests.Count(request => request.Path.Contains("metrics", StringComparison.OrdinalIgnoreCase)) > 3, Limit);
        }

        var ports = new[] { dashboard.GrpcEndpoint.Port, dashboard.HttpEndpoint.Port, jaeger.GrpcEndpoint.Port };
        dashboard.Spans.Concat(jaeger.Spans)
            .Where(span => span.Attributes.TryGetValue("server.port", out var port) && ports.Contains(Convert.ToInt32(port)))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Sources_of_other_names_are_added_in_the_usual_way()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        using var other = new ActivitySource($"other-{Guid.NewGuid():N}");
        await using (await StartAsync(
            Settings(jaeger: jaeger),
            builder => builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(other.Name))))
        {
            using var span = other.StartActivity("order");
        }

        jaeger.Spans.ShouldHaveSingleItem().Scope.ShouldBe(other.Name);
    }

    [Fact]
    public async Task The_liveness_check_is_healthy()
    {
        await using var app = await StartAsync(Settings());
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("live"));
        report.Status.ShouldBe(HealthStatus.Healthy);
        report.Entries.Keys.ShouldBe(["self"]);
    }

    /// <summary>Any gRPC call with Grpc.Net.Client will do; an empty message is an OTLP export of nothing.</summary>
    private static async Task CallAsync(OtlpReceiver server)
    {
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var export = new Method<byte[], byte[]>(
            MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", bytes, bytes);
        using var channel = GrpcChannel.ForAddress(server.GrpcEndpoint);
        await channel.CreateCallInvoker().AsyncUnaryCall(export, null, new CallOptions(), []);
    }
}
