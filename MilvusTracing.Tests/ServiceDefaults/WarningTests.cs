using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Failed exports are logged at most once a minute.</summary>
public sealed class WarningTests
{
    [Fact]
    public async Task Endpoint_is_down()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await jaeger.StopAsync();
        var port = jaeger.GrpcEndpoint.Port;

        var app = await RunAsync(Settings(traces: jaeger), app => app.Operate());

        app.Log.Warnings.ShouldHaveSingleItem().ShouldStartWith(
            $"http://127.0.0.1:{port} (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) does not accept telemetry: Connection refused (127.0.0.1:{port}). ");
    }

    [Theory]
    [InlineData("grpc", "it responds with Unauthenticated")]
    [InlineData("http/protobuf", "Response status code does not indicate success: 401 (Unauthorized)")]
    public async Task API_key_is_rejected(string protocol, string reason)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = OtlpFaults.RequireHeader("x-otlp-api-key", "right");
        var endpoint = protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint;
        var settings = Settings(dashboard);
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint.ToString();
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        settings["OTEL_EXPORTER_OTLP_HEADERS"] = "x-otlp-api-key=not-the-one";

        var app = await RunAsync(settings, app => app.Operate());

        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"http://127.0.0.1:{endpoint.Port} (OTEL_EXPORTER_OTLP_ENDPOINT) does not accept telemetry: {reason}. ");
        warning.ShouldContain("OTEL_EXPORTER_OTLP_*HEADERS");
        app.Log.Lines.ShouldAllBe(line => !line.Message.Contains("not-the-one"));
    }

    [Fact]
    public async Task Endpoint_responds_with_an_error()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.ResourceExhausted, "storage is full");
        var app = await RunAsync(Settings(traces: jaeger), app => app.Operate());
        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain("does not accept telemetry: it responds with ResourceExhausted (storage is full).");
    }

    [Theory]
    [InlineData("http", true)]
    [InlineData("https", false)]
    public async Task Endpoint_has_another_protocol(string scheme, bool http)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var port = (http ? jaeger.HttpEndpoint : jaeger.GrpcEndpoint).Port;
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{scheme}://127.0.0.1:{port}";
        var app = await RunAsync(settings, app => app.Operate());
        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"{scheme}://127.0.0.1:{port} (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) does not accept telemetry: ");
        warning.ShouldNotContain("see inner exception");
    }

    [Fact]
    public async Task The_path_of_an_endpoint_for_traces_is_missing()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.HttpStatus(StatusCodes.Status404NotFound);
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = jaeger.HttpEndpoint.ToString();
        settings["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf";
        var app = await RunAsync(settings, app => app.Operate());
        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain("/v1/traces");
    }

    [Fact]
    public async Task Endpoint_does_not_respond()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silent.LocalEndpoint}";
        settings["OTEL_EXPORTER_OTLP_TIMEOUT"] = "100";
        await using var app = await StartAsync(settings);

        app.Operate();
        await app.Log.WaitForAsync(log => log.Warnings.Any(), Limit);

        app.Log.Warnings[0].ShouldContain("(OTEL_EXPORTER_OTLP_ENDPOINT) does not accept telemetry: ");
    }

    [Fact]
    public async Task The_next_warning_of_an_endpoint_is_logged_after_a_minute()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.HttpStatus(StatusCodes.Status503ServiceUnavailable);
        await using var app = await StartAsync(Settings(traces: jaeger));

        await FailAsync(1);
        await FailAsync(2);
        app.Log.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await FailAsync(3);
        app.Log.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await FailAsync(4);
        await app.Log.WaitForAsync(log => log.Warnings.Count == 2, Limit);

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
        jaeger.Interceptor = OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.Unavailable);
        dashboard.Interceptor = (context, next) => context.Request.Path.Value!.Contains("Metrics")
            ? OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.Unavailable)(context, next)
            : next(context);

        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate());

        app.Log.Warnings.Count.ShouldBe(2);
        app.Log.Warnings.ShouldContain(warning => warning.Contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"));
        app.Log.Warnings.ShouldContain(warning => warning.Contains("(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)"));
        dashboard.Logs.ShouldNotBeEmpty();
        dashboard.Logs.ShouldAllBe(log => log.Severity == "Information");
    }
}
