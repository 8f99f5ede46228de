using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>Ten thousand operations at full speed: complete where the destination is well, harmless where it is not.</summary>
[Collection(ProcessWide.Name)]
public sealed class BurstTests
{
    private const int Operations = 10_000;

    public enum Fault
    {
        Down,
        Silent,
        Erring,
    }

    [Fact]
    public async Task Every_span_arrives_once()
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
    [InlineData(Fault.Silent)]
    [InlineData(Fault.Erring)]
    public async Task Whatever_becomes_of_the_destination_the_application_goes_on_to_its_end(Fault fault)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        if (fault == Fault.Down)
        {
            await jaeger.StopAsync();
        }

        jaeger.Interceptor = fault switch
        {
            Fault.Silent => OtlpFaults.Slow(Timeout.InfiniteTimeSpan),
            Fault.Erring => OtlpFaults.HttpStatus(StatusCodes.Status500InternalServerError),
            _ => null,
        };

        var app = await RunAsync(WithLongQueue(jaeger), app => app.Operate(Operations));

        app.Log.Warnings.ShouldHaveSingleItem().ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    }

    [Fact]
    public async Task Spans_that_find_the_queue_full_are_counted_and_told()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var answer = new TaskCompletionSource();
        jaeger.Interceptor = async (context, next) =>
        {
            await answer.Task;
            await next(context);
        };
        var settings = Settings(traces: jaeger);
        settings["OTEL_BSP_MAX_QUEUE_SIZE"] = "10";
        settings["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "10";
        var app = await StartAsync(settings);

        app.Operate(10);
        answer.SetResult();
        await app.DisposeAsync();

        var lost = 30 - app.SpansIn(jaeger).Count;
        lost.ShouldBeGreaterThan(0);
        app.Log.Warnings.ShouldHaveSingleItem().ShouldBe(
            $"{lost} items found the queue of OtlpTraceExporter full and are lost. "
            + "Sample fewer (OTEL_TRACES_SAMPLER) or let more wait (OTEL_BSP_MAX_QUEUE_SIZE).");
    }

    [Fact]
    public async Task A_destination_that_comes_back_gets_what_is_recorded_from_then_on()
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
