using System.Diagnostics;
using MilvusTracing.Emulator;
using MilvusTracing.Tests.Support.Otlp;

namespace MilvusTracing.Tests.Worker;

/// <summary>What leaves the worker for two passes, as a collector receives it.</summary>
public sealed class PassTelemetryTests(PassTelemetryTests.TwoPasses passes) : IClassFixture<PassTelemetryTests.TwoPasses>
{
    private static readonly string[] SecondPass =
    [
        "has_collection", "drop_collection", "create_collection", "create_index", "load_collection", "get_loading_progress",
        "insert", "search", "search", "search", "query", "delete",
    ];

    private IReadOnlyList<ReceivedSpan> Spans => passes.Receiver.Spans;

    [Fact]
    public void Each_pass_is_one_root_span_and_a_trace_of_its_own()
    {
        var roots = Spans.Where(span => span.ParentSpanId == "").ToList();

        roots.Select(root => root.TraceId).Distinct().Count().ShouldBe(2);
        roots.ShouldAllBe(root =>
            root.Name == "quick_setup" && root.Kind == ActivityKind.Internal && root.Status == ActivityStatusCode.Unset);
        Spans.Select(span => span.TraceId).Distinct().Count().ShouldBe(2);
        Spans.ShouldAllBe(span => span.Service == "milvus-client");
    }

    [Fact]
    public void A_pass_makes_the_collection_anew_fills_searches_queries_and_thins_it()
    {
        var passes = Spans.Where(span => span.ParentSpanId == "").OrderBy(root => root.Start).Select(OperationNames).ToList();

        passes[0].ShouldBe(SecondPass.Where(operation => operation != "drop_collection"));
        passes[1].ShouldBe(SecondPass);

        IEnumerable<string> OperationNames(ReceivedSpan root) => Children(root).Select(span => span.Name.Split(' ')[0]);
    }

    [Fact]
    public void An_operation_is_one_client_span_by_the_database_conventions()
    {
        foreach (var call in Calls())
        {
            var operation = (string)call.Attributes["db.operation.name"]!;
            call.Name.ShouldBe($"{operation} quick_setup");
            call.Kind.ShouldBe(ActivityKind.Client);
            call.Status.ShouldBe(ActivityStatusCode.Unset);
            call.Attributes["db.system.name"].ShouldBe("milvus");
            call.Attributes["db.collection.name"].ShouldBe("quick_setup");
            call.Attributes["db.namespace"].ShouldBe("default");
            call.Attributes["server.address"].ShouldBe("127.0.0.1");
            call.Attributes["server.port"].ShouldBe((long)passes.Milvus.Address.Port);
            call.Attributes.GetValueOrDefault("db.operation.batch.size").ShouldBe(operation == "insert" ? 10L : null);
        }
    }

    [Fact]
    public void Strong_searches_stand_beside_bounded_ones()
        => Calls().Where(call => call.Name == "search quick_setup").OrderBy(call => call.Start).Take(3)
            .Select(call => call.Attributes["db.milvus.search.consistency_level"]).ShouldBe(["Strong", "Bounded", "Bounded"]);

    [Fact]
    public void The_duration_of_operations_is_a_histogram_by_the_database_conventions()
    {
        var metric = passes.Receiver.Metrics.Last(metric => metric.Name == "db.client.operation.duration");

        metric.Unit.ShouldBe("s");
        metric.Points.Select(point => point.Attributes["db.operation.name"]).ShouldBe(SecondPass.Distinct(), ignoreOrder: true);
        foreach (var point in metric.Points)
        {
            point.Bounds.ShouldBe([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
            point.Count.ShouldBe((string)point.Attributes["db.operation.name"]! switch { "drop_collection" => 1u, "search" => 6u, _ => 2u });
            point.Value.ShouldBeInRange(0, 60);
            point.Attributes.Keys.ShouldBe(
                ["db.system.name", "db.operation.name", "db.collection.name", "db.namespace", "server.address", "server.port"],
                ignoreOrder: true);
        }
    }

    [Fact]
    public void The_log_line_of_a_pass_names_its_operations_its_time_and_its_trace_and_belongs_to_it()
    {
        var logs = passes.Receiver.Logs.Where(log => log.Body.Contains("passed")).ToList();

        logs.Count.ShouldBe(2);
        logs[0].Body.ShouldMatch($"^quick_setup passed: 10 operations in [0-9]+ ms, trace {logs[0].TraceId}$");
        logs[1].Body.ShouldMatch($"^quick_setup passed: 11 operations in [0-9]+ ms, trace {logs[1].TraceId}$");
        passes.Output.ShouldAllBe(line => line.Contains("quick_setup passed: "));
    }

    private IEnumerable<ReceivedSpan> Calls() => Spans.Where(span => span.Attributes.ContainsKey("rpc.system.name"));

    private IEnumerable<ReceivedSpan> Children(ReceivedSpan parent)
        => Spans.Where(span => span.ParentSpanId == parent.SpanId).OrderBy(span => span.Start);

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
