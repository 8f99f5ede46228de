using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>The end of an application: what is finished is sent, and nobody waits for long.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task A_hanging_destination_does_not_keep_the_application_and_the_log_says_what_is_lost()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        var app = await StartAsync(Settings(dashboard));
        app.Operate();

        await app.DisposeAsync();

        app.Log.Warnings.ShouldHaveSingleItem().ShouldBe(
            "The telemetry that was left was not taken within 5 s of the application's end and is lost. Check OTEL_EXPORTER_OTLP_ENDPOINT.");
    }

    [Fact]
    public async Task Spans_of_services_that_end_with_the_host_are_sent()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(
            Settings(traces: jaeger),
            app => app.Services.GetRequiredService<LastWords>().Source = app.Source,
            builder => builder.Services.AddSingleton<LastWords>());
        app.SpansIn(jaeger).ShouldHaveSingleItem().Name.ShouldBe("last words");
    }

    [Fact]
    public async Task A_failed_start_is_sent_too()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await Should.ThrowAsync<InvalidOperationException>(StartAsync(
            Settings(dashboard), builder => builder.Services.AddHostedService<FailingService>()));
        dashboard.Logs.ShouldContain(log => log.Body == "Hosting failed to start");
        dashboard.Spans.ShouldContain(span => span.Name == "start");
    }

    private sealed class LastWords : IDisposable
    {
        public ActivitySource? Source { get; set; }

        public void Dispose() => Source?.StartActivity("last words")?.Dispose();
    }

    private sealed class FailingService(IHostEnvironment environment) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            using var source = new ActivitySource(environment.ApplicationName);
            source.StartActivity("start")?.Dispose();
            throw new InvalidOperationException("no start");
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
