using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Trace;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>The end of an application: what is finished is sent, and nobody waits longer than 5 seconds.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Two_hanging_destinations_take_five_seconds_in_all()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = jaeger.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        var app = await StartAsync(Settings(dashboard, jaeger));
        app.Operate();

        var start = Stopwatch.GetTimestamp();
        await app.DisposeAsync();

        // One after the other, traces to each, metrics and logs would take 20.
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(8));
        app.Log.Warnings.Count.ShouldBe(2);
        app.Log.Warnings.ShouldContain(warning =>
            warning.EndsWith("(ConnectionStrings:jaeger) was too slow for 3 spans; they are lost."));
        app.Log.Warnings.ShouldContain(warning =>
            warning.EndsWith("(OTEL_EXPORTER_OTLP_ENDPOINT) was too slow for 3 spans; they are lost."));
    }

    [Fact]
    public async Task A_hanging_destination_leaves_the_other_its_time()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        jaeger.Interceptor = OtlpFaults.Slow(TimeSpan.FromSeconds(1));
        var settings = Settings(dashboard, jaeger);
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "60000";

        var app = await RunAsync(settings, app => app.Operate());

        app.SpansIn(jaeger).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Spans_of_services_that_end_with_the_host_are_sent()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(
            Settings(jaeger: jaeger),
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

    [Fact]
    public async Task Processors_that_the_application_adds_are_flushed_as_well()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var processor = new CountingProcessor();
        await RunAsync(
            Settings(jaeger: jaeger),
            app =>
            {
                app.Operate();
                app.Services.GetRequiredService<TracerProvider>().ForceFlush(5_000).ShouldBeTrue();
                (app.SpansIn(jaeger).Count, processor.Flushes).ShouldBe((3, 1));
            },
            builder => builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddProcessor(processor)));
        (processor.Ended, processor.Shutdowns).ShouldBe((3, 1));
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

    private sealed class CountingProcessor : BaseProcessor<Activity>
    {
        public int Ended { get; private set; }

        public int Flushes { get; private set; }

        public int Shutdowns { get; private set; }

        public override void OnEnd(Activity data) => Ended++;

        protected override bool OnForceFlush(int timeoutMilliseconds) => ++Flushes > 0;

        protected override bool OnShutdown(int timeoutMilliseconds) => ++Shutdowns > 0;
    }
}
