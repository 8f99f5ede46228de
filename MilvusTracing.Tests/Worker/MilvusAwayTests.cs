using System.Diagnostics;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>Nothing listens where the connection string says: the worker tells, waits and tries again.</summary>
public sealed class MilvusAwayTests
{
    private const string Nowhere = "Endpoint=http://127.0.0.1:1;Key=root:Milvus";

    [Fact]
    public async Task A_failed_pass_tells_the_operation_the_reason_and_the_trace_and_the_next_comes_later_each_time()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var worker = WorkerProcess.Start(Nowhere, passes: 3, receiver);

        (await worker.WaitForExitAsync()).ShouldBe(1);

        var failures = worker.Lines.Where(line => line.Contains("failed at has_collection")).ToList();
        failures.Count.ShouldBe(3);
        failures.ShouldAllBe(line => line.Contains("no connection to Milvus at 127.0.0.1:1 (Connection refused)"));
        worker.Lines.Where(line => line.Contains("next pass in")).Select(line => line.Split(' ')[^2]).ShouldBe(["1", "2"]);
        worker.Output.ShouldNotContain("Exception");

        var roots = receiver.Spans.Where(span => span.ParentSpanId == "").ToList();
        roots.Count.ShouldBe(3);
        roots.ShouldAllBe(root => root.Name == "quick_setup" && root.Status == ActivityStatusCode.Error);
        roots.ShouldAllBe(root => failures.Any(line => line.Contains(root.TraceId)));
    }

    [Fact]
    public async Task A_failed_operation_says_so_in_its_span_and_in_the_metric()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var worker = WorkerProcess.Start(Nowhere, passes: 1, receiver);

        await worker.WaitForExitAsync();

        var operation = receiver.Spans.Single(span => span.Name == "has_collection");
        operation.Status.ShouldBe(ActivityStatusCode.Error);
        operation.Attributes["error.type"].ShouldBe("UNAVAILABLE");

        var duration = receiver.Metrics.Single(metric => metric.Name == "db.client.operation.duration");
        duration.Points.ShouldHaveSingleItem().Attributes["error.type"].ShouldBe("UNAVAILABLE");
    }

    [Fact]
    public async Task Stopping_the_worker_while_it_waits_for_Milvus_is_no_error()
    {
        await using var worker = WorkerProcess.Start(Nowhere, passes: 0);

        await worker.WaitForLineAsync("next pass in");
        worker.Signal();

        (await worker.WaitForExitAsync()).ShouldBe(0);
        worker.Output.ShouldNotContain("Exception");
    }
}
