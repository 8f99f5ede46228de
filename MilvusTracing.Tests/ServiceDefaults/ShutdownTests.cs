using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Stopping an application flushes its telemetry, with a time limit.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task An_endpoint_that_does_not_respond_delays_the_stop_no_longer_than_the_limit_and_is_logged()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        dashboard.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        var app = await StartAsync(Settings(dashboard));
        app.Operate();

        await app.DisposeAsync();

        app.Warnings.ShouldHaveSingleItem().ShouldContain("could not be exported within 5 s");
    }

    [Fact]
    public async Task Spans_recorded_while_services_are_disposed_are_exported()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var app = await RunAsync(
            Settings(traces: jaeger),
            app => app.Services.GetRequiredService<DisposedService>().Source = app.Source,
            builder => builder.Services.AddSingleton<DisposedService>());
        app.SpansIn(jaeger).ShouldHaveSingleItem().Name.ShouldBe("dispose");
    }

    [Fact]
    public async Task A_failed_start_is_exported()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await Should.ThrowAsync<InvalidOperationException>(StartAsync(
            Settings(dashboard), builder => builder.Services.AddHostedService<FailingService>()));
        dashboard.Logs.ShouldContain(log => log.Body == "Hosting failed to start");
        dashboard.Spans.ShouldContain(span => span.Name == "start");
    }

    [Fact]
    public async Task A_task_scheduler_that_runs_one_task_at_a_time_can_stop_the_application()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var app = await StartAsync(Settings(dashboard));
        var warnings = (IDisposable)app.Services.GetServices<IHostedService>().Single(service => service.GetType().Name == "ExportWarnings");
        var scheduler = new SequentialScheduler();

        await Task.Factory.StartNew(warnings.Dispose, CancellationToken.None, TaskCreationOptions.None, scheduler).WaitAsync(Limit);
    }

    /// <summary>Runs one task at a time, and none inside another one.</summary>
    private sealed class SequentialScheduler : TaskScheduler
    {
        private Task _last = Task.CompletedTask;

        protected override void QueueTask(Task task) =>
            _last = _last.ContinueWith(_ => TryExecuteTask(task), CancellationToken.None, TaskContinuationOptions.None, Default);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    private sealed class DisposedService : IDisposable
    {
        public ActivitySource? Source { get; set; }

        public void Dispose() => Source?.StartActivity("dispose")?.Dispose();
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
