using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Ten thousand operations at full speed: all are exported, or the application is not affected.</summary>
[Collection(ProcessWide.Name)]
public sealed class BurstTests
{
    private const int Operations = 10_000;

    public enum Fault
    {
        Down,
        TimeOut,
        Error,
    }

    [Fact]
    public async Task Every_span_is_exported_once()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var app = await StartAsync(WithLongQueue(jaeger));

        app.Operate(Operations);
        await jaeger.WaitForAsync(() => app.SpansIn(jaeger).Count >= 3 * Operations, Limit);
        await app.DisposeAsync();

        app.SpansIn(jaeger).Select(span => span.SpanId).Distinct().Count().ShouldBe(3 * Operations);
        app.SpansIn(jaeger).Count.ShouldBe(3 * Operations);
        app.Log.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Fault.Down)]
    [InlineData(Fault.TimeOut)]
    [InlineData(Fault.Error)]
    public async Task The_application_is_not_affected_by_a_failing_endpoint(Fault fault)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        if (fault == Fault.Down)
        {
            await jaeger.StopAsync();
        }

        jaeger.Interceptor = fault switch
        {
            Fault.TimeOut => OtlpFaults.Slow(Timeout.InfiniteTimeSpan),
            Fault.Error => OtlpFaults.HttpStatus(StatusCodes.Status500InternalServerError),
            _ => null,
        };

        var app = await RunAsync(WithLongQueue(jaeger), app => app.Operate(Operations));

        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    }

    [Fact]
    public async Task Spans_dropped_from_a_full_queue_are_counted_in_a_warning()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var response = new TaskCompletionSource();
        jaeger.Interceptor = async (context, next) =>
        {
            await response.Task;
            await next(context);
        };
        var settings = Settings(traces: jaeger);
        settings["OTEL_BSP_MAX_QUEUE_SIZE"] = "10";
        settings["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "10";
        var app = await StartAsync(settings);

        app.Operate(10);
        response.SetResult();
        await app.DisposeAsync();

        var dropped = 30 - app.SpansIn(jaeger).Count;
        dropped.ShouldBeGreaterThan(0);
        var warning = app.Log.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain($"dropped {dropped} items");
        warning.ShouldContain("OTEL_BSP_MAX_QUEUE_SIZE");
    }

    [Fact]
    public async Task An_endpoint_that_recovers_receives_new_spans()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await jaeger.StopAsync();
        await using var app = await StartAsync(Settings(traces: jaeger));

        app.Operate();
        await app.Log.WaitForAsync(log => log.Warnings.Any(), Limit);
        await jaeger.ListenAsync();
        app.Operate(100);

        await jaeger.WaitForAsync(() => app.SpansIn(jaeger).Count >= 300, Limit);
    }

    private static Dictionary<string, string?> WithLongQueue(OtlpReceiver traces) =>
        new(Settings(traces: traces)) { ["OTEL_BSP_MAX_QUEUE_SIZE"] = $"{3 * Operations}" };
}
