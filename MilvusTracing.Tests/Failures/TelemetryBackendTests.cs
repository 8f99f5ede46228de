using Grpc.Core;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>Whatever becomes of the backend of traces, every pass of the worker passes, and the log names the backend.</summary>
public sealed class TelemetryBackendTests : IAsyncLifetime
{
    private OtlpReceiver _jaeger = null!;
    private MilvusEmulator _milvus = null!;

    public async Task InitializeAsync()
    {
        _jaeger = await OtlpReceiver.StartAsync();
        _milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
    }

    public async Task DisposeAsync()
    {
        await _milvus.DisposeAsync();
        await _jaeger.DisposeAsync();
    }

    [Fact]
    public async Task Down_from_the_start()
    {
        await _jaeger.StopAsync();
        await PassesPassAsync("does not take telemetry: Connection refused");
    }

    [Fact]
    public async Task Answering_errors()
    {
        _jaeger.Interceptor = OtlpFaults.GrpcStatus(StatusCode.ResourceExhausted, "storage is full");
        await PassesPassAsync("does not take telemetry: it answers ResourceExhausted (storage is full)");
    }

    [Fact]
    public async Task Hanging()
    {
        _jaeger.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        // On a busy machine five passes may take longer than the 10 s after which an export is given up, with a warning of its own.
        await PassesPassAsync(
            "not taken within 5 s of the application's end and is lost. Check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.", ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"));
    }

    [Fact]
    public async Task Killed_with_a_request_in_its_hands_and_restarted()
    {
        await using var worker = Start(passes: 0);
        await _jaeger.WaitForAsync(() => Roots() > 0, Timeouts.Limit);

        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _jaeger.Interceptor = (context, _) =>
        {
            taken.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await taken.Task.WaitAsync(Timeouts.Limit);
        await _jaeger.StopAsync();
        await worker.WaitForLineAsync("warn: ");
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);

        var before = Roots();
        _jaeger.Interceptor = null;
        await _jaeger.ListenAsync();
        await _jaeger.WaitForAsync(() => Roots() > before, Timeouts.Limit);
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        worker.Output.ShouldNotContain("failed");
    }

    private int Roots() => _jaeger.Spans.Count(span => span.Name == "quick_setup");

    private async Task PassesPassAsync(string reason, params (string Name, string Value)[] settings)
    {
        await using var worker = Start(passes: 5, settings);
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);

        worker.Lines.Count(line => line.Contains("quick_setup passed: ")).ShouldBe(5);
        worker.Output.ShouldNotContain("failed");
        worker.Lines.Where(line => line.Contains("warn: ")).ShouldHaveSingleItem().ShouldContain(reason);
    }

    private ChildProcess Start(int passes, params (string Name, string Value)[] settings) => WorkerProcess.Start(
        $"Endpoint={_milvus.Address};Key=root:Milvus",
        passes,
        receiver: null,
        _jaeger.GrpcEndpoint.ToString(),
        [("Worker__Interval", "0.001"), ("OTEL_BSP_SCHEDULE_DELAY", "20"), ("OTEL_BSP_MAX_QUEUE_SIZE", "32768"), .. settings]);
}
