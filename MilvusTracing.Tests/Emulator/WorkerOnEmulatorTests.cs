using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Worker;

namespace MilvusTracing.Tests.Emulator;

public sealed class WorkerOnEmulatorTests
{
    [Fact]
    public async Task Pass_of_the_worker_is_one_trace_of_worker_proxy_and_segcore()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var emulator = await MilvusEmulator.StartAsync(new() { Port = 0, Token = "root:Milvus", TracesEndpoint = receiver.GrpcEndpoint });
        await using var worker = WorkerProcess.Start($"Endpoint={emulator.Address};Key=root:Milvus", passes: 1, receiver);

        (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
        await emulator.DisposeAsync(); // exports the remaining spans

        var traceId = WorkerProcess.TraceId(worker.Lines.Single(line => line.Contains("quick_setup passed: ")));
        var spans = receiver.Spans.Where(span => span.TraceId == traceId).ToList();
        var byId = spans.ToDictionary(span => span.SpanId);
        spans.Where(span => !byId.ContainsKey(span.ParentSpanId)).ShouldHaveSingleItem().Name.ShouldBe("quick_setup");
        spans.Select(span => span.Service).Distinct().ShouldBe(["milvus-client", "standalone", "segcore"], ignoreOrder: true);

        var calls = spans.Where(span => span is { Service: "milvus-client", Kind: ActivityKind.Client }).ToList();
        calls.Count.ShouldBeGreaterThan(5);
        calls.ShouldAllBe(call => spans.Any(span => span.Service == "standalone" && span.Name.StartsWith("milvus.proto") && span.ParentSpanId == call.SpanId));
    }
}
