using System.Runtime.InteropServices;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>The worker is stopped while it runs passes without a pause: every finished span is exported.</summary>
public sealed class StopInBurstTests
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task Stopped_by_a_signal_it_exports_every_span(PosixSignal signal)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });

        // With this delay a batch is exported only when it has 512 spans. So the first batch shows that several passes have
        // finished, and the spans after it are still in the queue.
        await using var worker = WorkerProcess.Start(
            $"Endpoint={milvus.Address};Key=root:Milvus",
            passes: 0,
            dashboard,
            jaeger.GrpcEndpoint.ToString(),
            ("Worker__Interval", "0.001"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "600000"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "32768"));
        await jaeger.WaitForAsync(() => jaeger.Spans.Count > 0, Timeouts.Limit);
        worker.Signal(signal);

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        jaeger.ShouldHoldEveryPassOf(worker);
        dashboard.Logs.Count(log => log.Body.StartsWith("quick_setup passed: ")).ShouldBe(
            worker.Lines.Count(line => line.Contains("quick_setup passed: ")));
        worker.Lines.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }
}
