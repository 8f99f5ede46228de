using System.Runtime.InteropServices;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Failures;

/// <summary>The worker is stopped while pass follows pass without a pause: every finished span is delivered.</summary>
public sealed class StopInBurstTests : TwoBackends
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task By_a_signal(PosixSignal signal)
    {
        await using var worker = await StartBurstAsync();
        worker.Signal(signal);

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        Dashboard.ShouldHoldEveryPassOf(worker);
        Jaeger.Spans.Select(span => span.SpanId).ShouldBe(Dashboard.Spans.Select(span => span.SpanId), ignoreOrder: true);
        Dashboard.Logs.Count(log => log.Body.StartsWith("quick_setup passed: ")).ShouldBe(
            worker.Lines.Count(line => line.Contains("quick_setup passed: ")));
        worker.Lines.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }

    [Fact]
    public async Task By_a_signal_while_a_backend_hangs_which_loses_its_own_spans_alone_and_says_so()
    {
        Jaeger.Interceptor = OtlpFaults.Slow(Timeout.InfiniteTimeSpan);
        await using var worker = await StartBurstAsync();
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        Dashboard.ShouldHoldEveryPassOf(worker);
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
        var worker = StartWorker(
            passes: 0, ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_BLRP_SCHEDULE_DELAY", "600000"));
        await Dashboard.WaitForAsync(() => Dashboard.Spans.Count > 0, Patience.Limit);
        return worker;
    }
}
