using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>Milvus is not available, does not respond, or rejects the password: the worker logs the reason and tries again.</summary>
public sealed class FailedPassTests
{
    private const string Unavailable = "Endpoint=http://127.0.0.1:1;Key=root:Milvus";

    [Fact]
    public async Task Reports_operation_reason_and_trace_and_retries_with_increasing_delay()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var worker = WorkerProcess.Start(Unavailable, passes: 3, receiver);

        (await worker.WaitForExitAsync()).ShouldBe(1);

        var failures = worker.Lines.Where(line => line.Contains("failed at has_collection")).ToList();
        failures.Count.ShouldBe(3);
        failures.ShouldAllBe(line => line.Contains("no connection to Milvus at 127.0.0.1:1 (Connection refused)"));
        worker.Lines.Where(line => line.Contains("next pass in")).Select(line => line.Split(' ')[^2]).ShouldBe(["1", "2"]);
        worker.Output.ShouldNotContain("Exception");

        var roots = receiver.Spans.Where(span => span.ParentSpanId == "").ToList();
        roots.ShouldAllBe(root => root.Name == "quick_setup" && root.Status == ActivityStatusCode.Error);
        roots.Select(root => root.TraceId).ShouldBe(failures.Select(WorkerProcess.TraceId), ignoreOrder: true);
        receiver.Spans.Where(span => span.ParentSpanId != "").ShouldAllBe(span =>
            span.Name == "has_collection" && span.Status == ActivityStatusCode.Error && (string)span.Attributes["error.type"]! == "UNAVAILABLE");
        receiver.Metrics.Last(metric => metric.Name == "db.client.operation.duration")
            .Points.ShouldHaveSingleItem().Attributes["error.type"].ShouldBe("UNAVAILABLE");
    }

    [Fact]
    public async Task Rejected_password_is_reported_and_not_shown()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0, Token = "root:Milvus" });
        await using var worker = WorkerProcess.Start($"Endpoint={milvus.Address};Key=root:mistaken", passes: 1, receiver);

        (await worker.WaitForExitAsync()).ShouldBe(1);

        worker.Output.ShouldContain("rejected the user or password");
        worker.Output.ShouldContain("check Key in ConnectionStrings:milvus");
        worker.Output.ShouldNotContain("mistaken");
        receiver.Spans.Single(span => span.Name == "has_collection quick_setup").Attributes["error.type"].ShouldBe("UNAUTHENTICATED");
    }

    [Fact]
    public async Task Operation_times_out()
    {
        using var milvus = new SilentServer();
        await using var worker = WorkerProcess.Start(
            $"Endpoint=http://127.0.0.1:{milvus.Port};Key=root:Milvus", passes: 1, receiver: null, jaeger: null, ("Worker__OperationTimeout", "0.2"));

        (await worker.WaitForExitAsync()).ShouldBe(1);

        worker.Output.ShouldContain($"failed at has_collection: Milvus at 127.0.0.1:{milvus.Port} did not respond within 0.2 s");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Stopping_during_a_pass_reports_no_failure_but_an_incomplete_run(int passes, int exitCode)
    {
        using var milvus = new SilentServer();
        await using var worker = WorkerProcess.Start($"Endpoint=http://127.0.0.1:{milvus.Port};Key=root:Milvus", passes);

        await milvus.Connected;
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(exitCode);
        worker.Output.ShouldBeEmpty();
    }
}
