using Microsoft.Extensions.Configuration;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>
/// OpenTelemetry reads some variables from the environment itself, past the application's configuration: these tests set
/// them there.
/// </summary>
[Collection(ProcessWide.Name)]
public sealed class EnvironmentTests : IDisposable
{
    private readonly Dictionary<string, string?> _before = [];

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task What_is_set_for_the_dashboard_never_reaches_Jaeger(string protocol)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        Set("OTEL_EXPORTER_OTLP_ENDPOINT", (protocol == "grpc" ? dashboard.GrpcEndpoint : dashboard.HttpEndpoint).ToString());
        Set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        Set("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=secret,x-tenant=a%20b,");
        Set("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        Set("ConnectionStrings__jaeger", jaeger.GrpcEndpoint.ToString());

        var app = await RunAsync(
            new Dictionary<string, string?>(),
            app => app.Operate(),
            configureFirst: builder => builder.Configuration.AddEnvironmentVariables());

        app.SpansIn(dashboard).Count.ShouldBe(3);
        dashboard.Requests.Count.ShouldBeGreaterThanOrEqualTo(3);
        dashboard.Requests.ShouldAllBe(request =>
            request.IsGrpc == (protocol == "grpc")
            && request.Headers["x-otlp-api-key"] == "secret"
            && request.Headers["x-tenant"] == "a b");
        (dashboard.Requests[0].Headers.GetValueOrDefault("grpc-encoding") == "gzip").ShouldBe(protocol == "grpc");
        app.SpansIn(jaeger).Count.ShouldBe(3);
        jaeger.Requests.ShouldAllBe(request =>
            request.IsGrpc
            && !request.Headers.ContainsKey("x-otlp-api-key")
            && !request.Headers.ContainsKey("x-tenant")
            && !request.Headers.ContainsKey("grpc-encoding"));
    }

    public void Dispose()
    {
        foreach (var (variable, value) in _before)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }

    private void Set(string variable, string value)
    {
        _before.TryAdd(variable, Environment.GetEnvironmentVariable(variable));
        Environment.SetEnvironmentVariable(variable, value);
    }
}
