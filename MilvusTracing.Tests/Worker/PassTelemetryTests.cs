using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>The telemetry of two passes, as a collector receives it.</summary>
public sealed class PassTelemetryTests(PassTelemetryTests.TwoPasses passes) : IClassFixture<PassTelemetryTests.TwoPasses>
{
    private static readonly string[] SecondPass =
    [
        "has_collection", "drop_collection", "create_collection", "create_index", "load_collection", "get_loading_progress",
        "insert", "search", "search", "search", "query", "delete",
    ];

    private IReadOnlyList<ReceivedSpan> Spans => passes.Receiver.Spans;

    [Fact]
    public void A_pass_is_a_trace_that_recreates_the_collection_inserts_searches_queries_and_deletes()
    {
        var roots = Spans.Where(span => span.ParentSpanId == "").OrderBy(root => root.Start).ToList();

        roots.ShouldAllBe(root =>
            root.Name == "quick_setup" && root.Kind == ActivityKind.Internal && root.Status == ActivityStatusCode.Unset);
        Spans.Select(span => span.TraceId).Distinct().ShouldBe(roots.Select(root => root.TraceId), ignoreOrder: true);
        Spans.ShouldAllBe(span => span.Service == "milvus-client");
        Operations(roots[0]).ShouldBe(SecondPass.Where(operation => operation != "drop_collection"));
        Operations(roots[1]).ShouldBe(SecondPass);

        IEnumerable<string> Operations(ReceivedSpan root) =>
            Spans.Where(span => span.ParentSpanId == root.SpanId).OrderBy(span => span.Start).Select(span => span.Name.Split(' ')[0]);
    }

    [Fact]
    public void Searches_use_strong_and_bounded_consistency_and_return_rows()
    {
        var searches = Spans.Where(span => span.Name == "search quick_setup" && span.Kind == ActivityKind.Client).OrderBy(call => call.Start).Take(3).ToList();

        searches.Select(call => call.Attributes["milvus.search.consistency_level"]).ShouldBe(["Strong", "Bounded", "Bounded"]);
        searches.ShouldAllBe(call => (long)call.Attributes["db.response.returned_rows"]! == 3);
    }

    [Fact]
    public void The_operation_duration_metric_counts_every_operation()
    {
        var metric = passes.Receiver.Metrics.Last(metric => metric.Name == "db.client.operation.duration");

        metric.Points.ToDictionary(point => (string)point.Attributes["db.operation.name"]!, point => (int)point.Count).ShouldBe(
            Spans.Where(span => span.Attributes.ContainsKey("db.operation.name")).CountBy(span => (string)span.Attributes["db.operation.name"]!),
            ignoreOrder: true);
        metric.Points.ShouldAllBe(point => point.Bounds.SequenceEqual(new[] { 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10 }));
    }

    [Fact]
    public void The_log_of_a_pass_contains_operations_duration_and_trace_and_is_correlated_with_the_trace()
    {
        var logs = passes.Receiver.Logs.Where(log => log.Body.Contains("passed")).ToList();

        logs.Count.ShouldBe(2);
        logs[0].Body.ShouldMatch($"^quick_setup passed: 10 operations in [0-9]+ ms, trace {logs[0].TraceId}$");
        logs[1].Body.ShouldMatch($"^quick_setup passed: 11 operations in [0-9]+ ms, trace {logs[1].TraceId}$");
        passes.Output.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }

    public sealed class TwoPasses : IAsyncLifetime
    {
        internal OtlpReceiver Receiver { get; private set; } = null!;

        internal MilvusEmulator Milvus { get; private set; } = null!;

        internal IReadOnlyList<string> Output { get; private set; } = [];

        public async Task InitializeAsync()
        {
            Receiver = await OtlpReceiver.StartAsync();
            Milvus = await MilvusEmulator.StartAsync(new EmulatorSettings { Port = 0 });
            await using var worker = WorkerProcess.Start($"Endpoint={Milvus.Address};Key=root:Milvus", passes: 2, Receiver);
            (await worker.WaitForExitAsync()).ShouldBe(0, worker.Output);
            Output = worker.Lines;
        }

        public async Task DisposeAsync()
        {
            await Milvus.DisposeAsync();
            await Receiver.DisposeAsync();
        }
    }
}
