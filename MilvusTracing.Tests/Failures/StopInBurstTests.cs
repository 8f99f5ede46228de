using System.Runtime.InteropServices;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>The worker is stopped while pass follows pass without a pause: every finished span is delivered.</summary>
public sealed class StopInBurstTests
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task By_a_signal(PosixSignal signal)
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });

        // Spans leave when 512 of them wait, and not before: the first ones to arrive prove that many passes are done, and
        // what came after them waits for the end.
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
