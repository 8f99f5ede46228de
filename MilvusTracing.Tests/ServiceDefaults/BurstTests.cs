using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>More spans than the queue can hold. Spans of other tests would use the queue, too.</summary>
[Collection(ProcessWide.Name)]
public sealed class BurstTests
{
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

        var app = await RunAsync(Settings(traces: jaeger, more: [("BSP_MAX_QUEUE_SIZE", "10"), ("BSP_MAX_EXPORT_BATCH_SIZE", "10")]), app =>
        {
            app.Operate(10);
            response.SetResult();
        });

        var dropped = 30 - app.SpansIn(jaeger).Count;
        dropped.ShouldBeGreaterThan(0);
        var warning = app.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain($"dropped {dropped} items");
        warning.ShouldContain("OTEL_BSP_MAX_QUEUE_SIZE");
    }
}
