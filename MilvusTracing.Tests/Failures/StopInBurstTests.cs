using System.Runtime.InteropServices;
using MilvusTracing.Local.Emulator;
using MilvusTracing.Local.Otlp;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>The worker is stopped while pass follows pass without a pause: every finished span is delivered.</summary>
public sealed class StopInBurstTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private OtlpReceiver _dashboard = null!;
    private OtlpReceiver _jaeger = null!;
    private MilvusEmulator _milvus = null!;

    public async Task InitializeAsync()
    {
        _dashboard = await OtlpReceiver.StartAsync();
        _jaeger = await OtlpReceiver.StartAsync();
        _milvus = await MilvusEmulator.StartAsync(new EmulatorOptions { Port = 0 });
    }

    public async Task DisposeAsync()
    {
        await _milvus.DisposeAsync();
        await _jaeger.DisposeAsync();
        await _dashboard.DisposeAsync();
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task By_a_signal(PosixSignal signal)
    {
        await using var worker = await StartBurstAsync();
        worker.Signal(signal);

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        _dashboard.ShouldHoldEveryPassOf(worker);
        _jaeger.Spans.Select(span => span.SpanId).ShouldBe(_dashboard.Spans.Select(span => span.SpanId), ignoreOrder: true);
        _dashboard.Logs.Count(log => log.Body.StartsWith("quick_setup passed: ")).ShouldBe(
            worker.Lines.Count(line => line.Contains("quick_setup passed: ")));
        worker.Lines.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }

    [Fact]
    public async Task By_a_signal_while_a_backend_hangs_which_loses_its_own_spans_alone_and_says_so()
    {
        _jaeger.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        await using var worker = await StartBurstAsync();
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        _dashboard.ShouldHoldEveryPassOf(worker);
        var warnings = worker.Lines.Where(line => !line.Contains("quick_setup passed: ")).ToList();
        warnings.ShouldAllBe(warning => warning.Contains("(ConnectionStrings:jaeger)"));
        warnings[^1].ShouldMatch(@"was too slow for \d+ spans; they are lost\.$");
    }

    /// <summary>
    /// Spans leave when 512 of them wait, and not before: the first ones to arrive prove that many passes are done, and what
    /// came after them waits for the end.
    /// </summary>
    private async Task<ChildProcess> StartBurstAsync()
    {
        var worker = WorkerProcess.Start(
            $"Endpoint={_milvus.Address};Key=root:Milvus",
            passes: 0,
            _dashboard,
            _jaeger.GrpcEndpoint.ToString(),
            ("Worker__Interval", "0.001"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "600000"));
        await _dashboard.WaitForAsync(() => _dashboard.Spans.Count > 0, Limit);
        return worker;
    }
}
