using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Failures;

public sealed class MilvusKilledTests
{
    [Fact]
    public async Task The_pass_fails_with_a_complete_trace_and_a_later_pass_succeeds_after_the_restart()
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
        receiver.ShouldHoldEveryPassOf(worker);
    }
}
