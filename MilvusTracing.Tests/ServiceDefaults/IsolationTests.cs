using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>What one destination suffers, the other one does not notice, nor does the application.</summary>
public sealed class IsolationTests
{
    private const int Operations = 10_000;

    /// <summary>See <see cref="InstrumentedApp.Operate"/>.</summary>
    private const int Spans = 3 * Operations;

    public enum Fault
    {
        None,
        Down,
        Slow,
        Silent,
        Erring,
        RefusingTheKey,
    }

    [Theory]
    [InlineData(Fault.None)]
    [InlineData(Fault.Down)]
    [InlineData(Fault.Slow)]
    [InlineData(Fault.Silent)]
    [InlineData(Fault.Erring)]
    [InlineData(Fault.RefusingTheKey)]
    public async Task A_burst_reaches_the_dashboard_complete_whatever_becomes_of_Jaeger(Fault fault)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        await InflictAsync(fault, jaeger);

        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate(Operations));

        app.SpansIn(dashboard).Select(span => span.SpanId).Distinct().Count().ShouldBe(Spans);
        if (fault == Fault.None)
        {
            app.SpansIn(jaeger).Select(span => span.SpanId).ShouldBe(app.SpansIn(dashboard).Select(span => span.SpanId), ignoreOrder: true);
            app.Log.Warnings.ShouldBeEmpty();
        }
        else
        {
            app.Log.Warnings.ShouldNotBeEmpty();
            app.Log.Warnings.ShouldAllBe(warning => warning.Contains("(ConnectionStrings:jaeger)"));
        }
    }

    [Theory]
    [InlineData(Fault.Down)]
    [InlineData(Fault.Slow)]
    [InlineData(Fault.Silent)]
    [InlineData(Fault.RefusingTheKey)]
    public async Task A_burst_reaches_Jaeger_complete_whatever_becomes_of_the_dashboard(Fault fault)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        await InflictAsync(fault, dashboard);

        var app = await RunAsync(Settings(dashboard, jaeger), app => app.Operate(Operations));

        app.SpansIn(jaeger).Select(span => span.SpanId).Distinct().Count().ShouldBe(Spans);
        app.Log.Warnings.ShouldNotBeEmpty();
        app.Log.Warnings.ShouldAllBe(warning => warning.Contains("(OTEL_EXPORTER_OTLP_ENDPOINT)"));
    }

    [Fact]
    public async Task A_destination_that_comes_back_gets_what_is_recorded_from_then_on()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        await jaeger.StopAsync();
        await using var app = await StartAsync(Settings(dashboard, jaeger));

        app.Operate();
        await app.Log.WaitForAsync(log => log.Warnings.Any(), Limit);
        await jaeger.ListenAsync();
        app.Operate(100);

        await jaeger.WaitForAsync(() => app.SpansIn(jaeger).Count >= 300, Limit);
        await dashboard.WaitForAsync(() => app.SpansIn(dashboard).Count == 303, Limit);
    }

    [Fact]
    public async Task Ending_a_span_waits_for_nobody()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        var never = new TaskCompletionSource();
        jaeger.Interceptor = (_, _) => never.Task;
        var settings = Settings(jaeger: jaeger);
        settings["OTEL_BSP_MAX_QUEUE_SIZE"] = "1000";
        await using var app = await StartAsync(settings);

        // Ten times what the queue holds, on this thread: it comes back while Jaeger has not answered anything.
        app.Operate(10_000 / 3);

        never.Task.IsCompleted.ShouldBeFalse();
        app.SpansIn(jaeger).ShouldBeEmpty();
        never.SetResult();
    }

    private static async Task InflictAsync(Fault fault, OtlpReceiver receiver)
    {
        if (fault == Fault.Down)
        {
            await receiver.StopAsync();
        }

        receiver.Interceptor = fault switch
        {
            Fault.Slow => OtlpFaults.Slow(TimeSpan.FromSeconds(2)),
            Fault.Silent => OtlpFaults.Slow(Timeout.InfiniteTimeSpan),
            Fault.Erring => OtlpFaults.HttpStatus(StatusCodes.Status500InternalServerError),
            Fault.RefusingTheKey => OtlpFaults.RequireHeader("x-otlp-api-key", "another"),
            _ => null,
        };
    }
}
