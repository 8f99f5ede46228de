using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>Milvus comes late, goes, or refuses; Jaeger goes and comes back.</summary>
public sealed class MilvusFaultTests
{
    [Fact]
    public async Task Milvus_that_comes_up_after_the_worker_is_found()
    {
        using var held = new ReservedPort();
        var port = held.Number;
        await using var worker = WorkerProcess.Start(ConnectionString(port), passes: 0);
        await worker.WaitForLineAsync("next pass in");

        held.Dispose();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = port });
        await worker.WaitForLineAsync("quick_setup passed: ");

        worker.Signal();
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
    }

    [Fact]
    public async Task Milvus_that_goes_and_comes_back_costs_the_passes_between_and_no_more()
    {
        var first = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        var port = first.Address.Port;
        await using var worker = WorkerProcess.Start(ConnectionString(port), passes: 0);
        await worker.WaitForLineAsync("quick_setup passed: ");

        await first.DisposeAsync();
        using var held = new ReservedPort(port);
        await worker.WaitForLineAsync("quick_setup failed at ", skip: worker.Lines.Count);

        held.Dispose();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = port });
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);

        worker.Signal();
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
    }

    [Fact]
    public async Task A_wrong_key_is_named_as_the_reason_and_not_shown()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0, Token = "root:Milvus" });
        await using var worker = WorkerProcess.Start(ConnectionString(milvus.Address.Port, "root:mistaken"), passes: 1, receiver);

        (await worker.WaitForExitAsync()).ShouldBe(1);

        worker.Output.ShouldContain("failed at has_collection");
        worker.Output.ShouldContain("refused the key");
        worker.Output.ShouldContain("check Key in ConnectionStrings:milvus");
        worker.Output.ShouldNotContain("mistaken");
        var operation = receiver.Spans.Single(span => span.Name == "has_collection quick_setup");
        operation.Status.ShouldBe(ActivityStatusCode.Error);
        operation.Attributes["error.type"].ShouldBe("UNAUTHENTICATED");
    }

    [Fact]
    public async Task Jaeger_that_goes_and_comes_back_costs_spans_and_no_pass()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
        await using var worker = WorkerProcess.Start(
            ConnectionString(milvus.Address.Port), passes: 0, receiver: null, jaeger.GrpcEndpoint.ToString(), ("OTEL_BSP_SCHEDULE_DELAY", "50"));
        await jaeger.WaitForAsync(() => jaeger.Spans.Any(span => span.Name == "quick_setup"), Timeouts.Limit);

        await jaeger.StopAsync();
        await worker.WaitForLineAsync("warn: ");
        await worker.WaitForLineAsync("quick_setup passed: ", skip: worker.Lines.Count);
        var before = jaeger.Spans.Count;
        await jaeger.ListenAsync();
        await jaeger.WaitForAsync(() => jaeger.Spans.Skip(before).Any(span => span.Name == "quick_setup"), Timeouts.Limit);

        worker.Signal();
        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        worker.Output.ShouldNotContain("failed");
        worker.Lines.Where(line => line.Contains("warn: ")).ShouldHaveSingleItem().ShouldContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    }

    private static string ConnectionString(int port, string key = "root:Milvus") => $"Endpoint=http://127.0.0.1:{port};Key={key}";
}
