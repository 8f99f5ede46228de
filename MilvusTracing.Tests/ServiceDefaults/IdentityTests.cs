using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Who the telemetry is from, and how much of it there is.</summary>
public sealed class IdentityTests
{
    [Fact]
    public async Task The_service_is_named_as_the_application_is()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        var app = await RunAsync(Settings(dashboard), app => app.Operate());

        app.SpansIn(dashboard).ShouldAllBe(span => span.Service == app.Name);
        dashboard.Metrics.ShouldAllBe(metric => (string?)metric.Resource["service.name"] == app.Name);
        dashboard.Logs.ShouldAllBe(log => (string?)log.Resource["service.name"] == app.Name);
    }

    [Theory]
    [InlineData("OTEL_SERVICE_NAME", "milvus-client", "milvus-client", null)]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,service.instance.id=7", "shop", "7")]
    public async Task The_environment_names_service_and_instance(string setting, string value, string name, string? instance)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(dashboard, jaeger);
        settings[setting] = value;
        var app = await RunAsync(settings, app => app.Operate());

        var resources = app.SpansIn(dashboard).Concat(app.SpansIn(jaeger)).Select(span => span.Resource)
            .Concat(dashboard.Metrics.Select(metric => metric.Resource))
            .Concat(dashboard.Logs.Select(log => log.Resource));
        resources.ShouldAllBe(resource =>
            (string?)resource["service.name"] == name && (string?)resource.GetValueOrDefault("service.instance.id") == instance);
    }

    [Theory]
    [InlineData(null, null, 300)]
    [InlineData("always_on", null, 300)]
    [InlineData("always_off", null, 0)]
    [InlineData("parentbased_always_off", null, 0)]
    [InlineData("traceidratio", "0", 0)]
    [InlineData("traceidratio", "1", 300)]
    [InlineData("parentbased_traceidratio", "0", 0)]
    public async Task The_sampler_setting_decides_how_many_traces_there_are(string? sampler, string? argument, int spans)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(jaeger: jaeger);
        settings["OTEL_TRACES_SAMPLER"] = sampler;
        settings["OTEL_TRACES_SAMPLER_ARG"] = argument;
        var app = await RunAsync(settings, app => app.Operate(100));

        app.SpansIn(jaeger).Count.ShouldBe(spans);
    }

    [Fact]
    public async Task OTEL_SDK_DISABLED_sends_nothing()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        var settings = Settings(dashboard, jaeger);
        settings["OTEL_SDK_DISABLED"] = "true";
        var app = await RunAsync(settings, app => app.Operate());

        dashboard.Requests.ShouldBeEmpty();
        jaeger.Requests.ShouldBeEmpty();
    }
}
