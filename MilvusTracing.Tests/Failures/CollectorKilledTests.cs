using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

public sealed class CollectorKilledTests
{
    [Fact]
    public async Task Passes_succeed_while_the_collector_is_down_and_are_exported_after_its_restart()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        await using var worker = WorkerProcess.Start(
            $"Endpoint={milvus.Address};Key=root:Milvus", passes: 0, receiver: null, collector.GrpcEndpoint.ToString(), ("OTEL_BSP_SCHEDULE_DELAY", "20"));
        await collector.WaitForAsync(() => Roots() > 0, Timeouts.Limit);

        // The collector is killed while it processes a request.
        collector.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        var requests = collector.Requests.Count;
        await collector.WaitForAsync(() => collector.Requests.Count > requests, Timeouts.Limit);
        await collector.StopAsync();
        await worker.WaitForLineAsync("warn: ");
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);

        var before = Roots();
        collector.Interceptor = null;
        await collector.ListenAsync();
        await collector.WaitForAsync(() => Roots() > before, Timeouts.Limit);
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        worker.Output.ShouldNotContain("failed");
        worker.Lines.Where(line => line.Contains("warn: ")).ShouldHaveSingleItem().ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

        int Roots() => collector.Spans.Count(span => span.Name == "quick_setup");
    }
}
