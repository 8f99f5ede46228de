using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

/// <summary>The collector, Milvus or the worker ends while the worker runs passes.</summary>
public sealed partial class InterruptionTests
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

    [Fact]
    public async Task When_Milvus_is_killed_the_pass_fails_with_a_complete_trace_and_a_later_pass_succeeds()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var searching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings
        {
            Port = 0,
            Interceptor = async (context, next) =>
            {
                if (context.Request.Path.Value!.EndsWith("/Search"))
                {
                    searching.TrySetResult();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }

                await next(context);
            },
        });
        var port = milvus.Address.Port;
        await using var worker = WorkerProcess.Start(
            $"Endpoint=http://127.0.0.1:{port};Key=root:Milvus", passes: 0, receiver, jaeger: null, ("OTEL_BSP_SCHEDULE_DELAY", "20"));

        await searching.Task.WaitAsync(Timeouts.Limit);
        await milvus.DisposeAsync();
        using var held = new ReservedPort(port);
        var failed = await worker.WaitForLineAsync("quick_setup failed at search: ");
        held.Dispose();
        await using var restarted = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = port });
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        failed.ShouldContain($"Milvus at 127.0.0.1:{port}");
        worker.Output.ShouldNotContain("Exception");
        worker.Lines.Where(line => line.Contains("warn: ")).ShouldBeEmpty();

        var trace = receiver.Spans.Where(span => span.TraceId == WorkerProcess.TraceId(failed)).ToList();
        trace.Where(span => span.Status == ActivityStatusCode.Error).Select(span => span.Name).ShouldBe(
            ["quick_setup", "search quick_setup"], ignoreOrder: true);
        trace.Select(span => span.Name).ShouldContain("insert quick_setup");
        trace.Single(span => span.Name == "search quick_setup").Attributes["error.type"].ShouldBe("UNAVAILABLE");
        ShouldHoldEveryPass(receiver, worker);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task When_a_signal_stops_passes_without_a_pause_every_finished_span_is_exported(PosixSignal signal)
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
        ShouldHoldEveryPass(jaeger, worker);
        dashboard.Logs.Count(log => log.Body.StartsWith("quick_setup passed: ")).ShouldBe(
            worker.Lines.Count(line => line.Contains("quick_setup passed: ")));
        worker.Lines.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }

    /// <summary>Asserts that each pass has its root span and one span for each operation, and that every parent was received.</summary>
    private static void ShouldHoldEveryPass(OtlpReceiver receiver, ChildProcess worker)
    {
        var passes = worker.Lines.Select(line => PassedLine().Match(line)).Where(match => match.Success).ToList();
        var traces = receiver.Spans.ToLookup(span => span.TraceId);

        passes.ShouldNotBeEmpty();
        foreach (var pass in passes)
        {
            // load_collection polls the loading progress any number of times.
            var spans = traces[WorkerProcess.TraceId(pass.Value)]
                .Where(span => span.Service == "milvus-client" && !span.Name.StartsWith("get_loading_progress"));
            spans.Count().ShouldBe(1 + int.Parse(pass.Groups["operations"].Value), pass.Value);
        }

        var ids = receiver.Spans.Select(span => span.SpanId).Append("").ToHashSet();
        receiver.Spans.ShouldAllBe(span => ids.Contains(span.ParentSpanId));
    }

    [GeneratedRegex("quick_setup passed: (?<operations>[0-9]+) operations .*")]
    private static partial Regex PassedLine();
}
