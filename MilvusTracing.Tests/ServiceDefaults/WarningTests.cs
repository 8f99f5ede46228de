using Grpc.Core;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Failed exports are logged at most once a minute.</summary>
public sealed class WarningTests
{
    private const string Setting = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    [Theory]
    [InlineData("down", "grpc", "Connection refused (127.0.0.1:")]
    [InlineData("other token", "grpc", "it responds with Unauthenticated. ")]
    [InlineData("other token", "http/protobuf", "Response status code does not indicate success: 401 (Unauthorized). ")]
    [InlineData("full", "grpc", "it responds with ResourceExhausted (storage is full). ")]
    [InlineData("canceled", "grpc", "it responds with Unknown (TaskCanceledException). ")]
    [InlineData("other path", "http/protobuf", $"Response status code does not indicate success: 404 (Not Found). The exporter uses {Setting} unchanged")]
    [InlineData("HTTP/1", "grpc", "")]
    [InlineData("no TLS", "grpc", "")]
    [InlineData("silent", "grpc", "it does not respond in time")]
    public async Task A_failed_export_is_logged_with_endpoint_setting_and_reason(string fault, string protocol, string reason)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var endpoint = protocol == "grpc" && fault != "HTTP/1" ? jaeger.GrpcEndpoint : jaeger.HttpEndpoint;
        var address = $"{(fault == "no TLS" ? "https" : "http")}://127.0.0.1:{endpoint.Port}";
        jaeger.Interceptor = fault switch
        {
            "other token" => protocol == "grpc" ? OtlpFaults.GrpcStatus(StatusCode.Unauthenticated) : OtlpFaults.HttpStatus(StatusCodes.Status401Unauthorized),
            "full" => OtlpFaults.GrpcStatus(StatusCode.ResourceExhausted, "storage is full"),
            "canceled" => OtlpFaults.GrpcStatus(StatusCode.Unknown, nameof(TaskCanceledException)),
            "other path" => OtlpFaults.HttpStatus(StatusCodes.Status404NotFound),
            "silent" => OtlpFaults.Slow(Timeout.InfiniteTimeSpan),
            _ => null,
        };
        if (fault == "down")
        {
            await jaeger.StopAsync();
        }

        await using var app = await StartAsync(
            Settings(more: [
                ("EXPORTER_OTLP_TRACES_ENDPOINT", address), ("EXPORTER_OTLP_TRACES_PROTOCOL", protocol),
                ("EXPORTER_OTLP_TRACES_HEADERS", "x-otlp-api-key=not-the-one"), ("EXPORTER_OTLP_TRACES_TIMEOUT", fault == "silent" ? "100" : null)]));

        app.Operate();
        await app.WaitForWarningsAsync(1);
        await app.DisposeAsync();

        var warning = app.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"{address} ({Setting}) does not accept telemetry: {reason}");
        warning.ShouldNotContain("see inner exception");
        app.Log.GetSnapshot().ShouldAllBe(record => !record.Message.Contains("not-the-one"));
    }

    [Fact]
    public async Task The_next_warning_of_an_endpoint_is_logged_after_a_minute()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.HttpStatus(StatusCodes.Status503ServiceUnavailable);
        await using var app = await StartAsync(Settings(traces: jaeger));

        await FailAsync(1);
        await FailAsync(2);
        app.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await FailAsync(3);
        app.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await FailAsync(4);
        await app.WaitForWarningsAsync(2);

        // The next request shows that the failure of the one before has been logged, if it is to be logged.
        async Task FailAsync(int round)
        {
            app.Operate();
            await jaeger.WaitForAsync(() => jaeger.Requests.Count >= (2 * round) - 1, Limit);
            app.Operate();
            await jaeger.WaitForAsync(() => jaeger.Requests.Count >= 2 * round, Limit);
        }
    }

    [Fact]
    public async Task Each_endpoint_has_its_own_limit_and_no_warning_is_exported()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.GrpcStatus(StatusCode.Unavailable);
        dashboard.Interceptor = (context, next) => context.Request.Path.Value!.Contains("Metrics")
            ? OtlpFaults.GrpcStatus(StatusCode.Unavailable)(context, next)
            : next(context);

        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate());

        app.Warnings.Count.ShouldBe(2);
        app.Warnings.ShouldContain(warning => warning.Contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"));
        app.Warnings.ShouldContain(warning => warning.Contains($"({Setting})"));
        dashboard.Logs.ShouldNotBeEmpty();
        dashboard.Logs.ShouldAllBe(log => log.Severity == "Information");
    }
}
