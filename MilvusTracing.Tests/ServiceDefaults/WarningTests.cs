using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>A destination that does not take telemetry shows in the log, at most once a minute, and nowhere else.</summary>
public sealed class WarningTests
{
    private const string JaegerAdvice =
        "Check that Jaeger is up and that ConnectionStrings:jaeger is its OTLP/gRPC address, by default port 4317. "
        + "The application goes on; what is not taken is lost.";

    [Fact]
    public async Task Nobody_listens()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await jaeger.StopAsync();
        var port = jaeger.GrpcEndpoint.Port;

        var app = await RunAsync(Settings(jaeger: jaeger), app => app.Operate());

        app.Log.Warnings.ShouldHaveSingleItem().ShouldBe(
            $"http://127.0.0.1:{port} (ConnectionStrings:jaeger) does not take telemetry: Connection refused (127.0.0.1:{port}). {JaegerAdvice}");
    }

    [Fact]
    public async Task No_such_host()
    {
        var settings = Settings();
        settings["ConnectionStrings:jaeger"] = "http://jaeger.invalid:4317";
        var app = await RunAsync(settings, app => app.Operate());
        app.Log.Warnings.ShouldHaveSingleItem().ShouldStartWith(
            "http://jaeger.invalid:4317 (ConnectionStrings:jaeger) does not take telemetry: ");
    }

    [Theory]
    [InlineData("grpc", "it answers Unauthenticated")]
    [InlineData("http/protobuf", "Response status code does not indicate success: 401 (Unauthorized)")]
    public async Task The_key_is_wrong(string protocol, string reason)
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
        warning.ShouldBe(
            $"http://127.0.0.1:{endpoint.Port} (OTEL_EXPORTER_OTLP_ENDPOINT) does not take telemetry: {reason}. "
            + "Check that it is up, that OTEL_EXPORTER_OTLP_PROTOCOL is what it speaks there, and that OTEL_EXPORTER_OTLP_HEADERS "
            + "holds its key if it asks for one. The application goes on; what is not taken is lost.");
        app.Log.Lines.ShouldAllBe(line => !line.Message.Contains("not-the-one"));
    }

    [Fact]
    public async Task It_answers_with_an_error()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.ResourceExhausted, "storage is full");
        var app = await RunAsync(Settings(jaeger: jaeger), app => app.Operate());
        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain("does not take telemetry: it answers ResourceExhausted (storage is full).");
    }

    [Fact]
    public async Task It_speaks_no_gRPC()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(jaeger: jaeger);
        settings["ConnectionStrings:jaeger"] = jaeger.HttpEndpoint.ToString();
        var app = await RunAsync(settings, app => app.Operate());
        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain($":{jaeger.HttpEndpoint.Port} (ConnectionStrings:jaeger) does not take telemetry: ");
    }

    [Fact]
    public async Task It_speaks_no_TLS()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings();
        settings["ConnectionStrings:jaeger"] = $"https://127.0.0.1:{jaeger.GrpcEndpoint.Port}";
        var app = await RunAsync(settings, app => app.Operate());
        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"https://127.0.0.1:{jaeger.GrpcEndpoint.Port} (ConnectionStrings:jaeger) does not take telemetry: ");
        warning.ShouldNotContain("see inner exception");
    }

    [Fact]
    public async Task It_accepts_connections_and_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var settings = Settings();
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silent.LocalEndpoint}";
        settings["OTEL_EXPORTER_OTLP_TIMEOUT"] = "100";
        await using var app = await StartAsync(settings);

        app.Operate();
        await app.Log.WaitForAsync(log => log.Warnings.Any(), Limit);

        app.Log.Warnings[0].ShouldContain("(OTEL_EXPORTER_OTLP_ENDPOINT) does not take telemetry: The request was canceled due to the configured HttpClient.Timeout of 0.1 seconds elapsing");
    }

    [Fact]
    public async Task A_minute_passes_before_the_next_warning_of_a_destination()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        jaeger.Interceptor = OtlpFaults.HttpStatus(StatusCodes.Status503ServiceUnavailable);
        await using var app = await StartAsync(Settings(jaeger: jaeger));

        await FailAsync(1);
        await FailAsync(2);
        app.Log.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await FailAsync(3);
        app.Log.Warnings.Count.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await FailAsync(4);
        await app.Log.WaitForAsync(log => log.Warnings.Count == 2, Limit);

        // The request after a failed one is proof that the failed one has been told, if it was to be.
        async Task FailAsync(int round)
        {
            app.Operate();
            await jaeger.WaitForAsync(() => jaeger.Requests.Count >= (2 * round) - 1, Limit);
            app.Operate();
            await jaeger.WaitForAsync(() => jaeger.Requests.Count >= 2 * round, Limit);
        }
    }

    [Fact]
    public async Task Each_destination_has_its_own_minute()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = jaeger.Interceptor = OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.Unavailable);

        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate());

        app.Log.Warnings.Count.ShouldBe(2);
        app.Log.Warnings.ShouldContain(warning => warning.Contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"));
        app.Log.Warnings.ShouldContain(warning => warning.Contains("(ConnectionStrings:jaeger)"));
    }

    [Fact]
    public async Task A_warning_is_not_itself_sent_to_the_destination_it_is_about()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = (context, next) => context.Request.Path.Value!.Contains("Trace")
            ? OtlpFaults.GrpcStatus(Grpc.Core.StatusCode.Unavailable)(context, next)
            : next(context);

        var app = await RunAsync(Settings(dashboard), app => app.Operate());

        app.Log.Warnings.ShouldHaveSingleItem();
        dashboard.Logs.ShouldNotBeEmpty();
        dashboard.Logs.ShouldAllBe(log => log.Severity == "Information");
    }

    [Fact]
    public async Task Spans_that_find_the_queue_full_are_counted()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var answer = new TaskCompletionSource();
        jaeger.Interceptor = async (context, next) =>
        {
            await answer.Task;
            await next(context);
        };
        var settings = Settings(jaeger: jaeger);
        settings["OTEL_BSP_MAX_QUEUE_SIZE"] = "10";
        await using var app = await StartAsync(settings);

        app.Operate(10);
        answer.SetResult();
        await app.Log.WaitForAsync(log => log.Warnings.Any(), Limit);

        app.Log.Warnings.ShouldHaveSingleItem().ShouldEndWith(
            "(ConnectionStrings:jaeger) takes spans more slowly than they come: 20 dropped. "
            + "Sample fewer (OTEL_TRACES_SAMPLER) or let more wait (OTEL_BSP_MAX_QUEUE_SIZE).");
        app.SpansIn(jaeger).Count.ShouldBe(10);
    }
}
