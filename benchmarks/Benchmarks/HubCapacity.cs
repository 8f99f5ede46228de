using System.Diagnostics;
using System.Globalization;
using Milvus.Client;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// What sizes a hub: how many spans a search and an insert cause and how large they are, and what one Jaeger does with
/// them at growing rates, with each of the configurations that Hosting has, past the point where it no longer keeps up.
/// The spans are a real Milvus's, taken off the wire and sent again under other trace ids.
/// </summary>
internal sealed class HubCapacity : Benchmark
{
    private const int Dimension = 128;

    /// <summary>How many spans OpenTelemetry's batch processor puts into an export, by its specification.</summary>
    private const int ExportSize = 512;

    private const int MemoryLimitMebibytes = 1024;

    private static readonly int[] Rates = [1_000, 3_000, 10_000, 30_000, 100_000];

    /// <summary>After this long without work, what a load left to do is done.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    /// <summary>Tail sampling decides 10 s after a trace's first span.</summary>
    private static readonly TimeSpan DecisionWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(1);

    public override string Name => "hub";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var hub = await bench.HubAsync(cancellationToken);
        await hub.StopAsync();
        List<Row> rows = [];
        var load = new SpanLoad([.. SpanBatch.Fill(await RecordAsync(), ExportSize)]);

        string[] relay = ["dashboard.yaml"];
        (string Name, string[] Files)[] hubs =
        [
            ("memory store", []),
            ("Badger", ["badger.yaml"]),
            ("tail sampling", ["tail-sampling.yaml"]),
            ("relay to the dashboard", relay),
            ("relay and span metrics", [.. relay, "span-metrics.yaml"]),
        ];
        var duration = TimeSpan.FromSeconds(bench.Count(10));
        foreach (var (name, files) in hubs)
        {
            foreach (var rate in Rates)
            {
                progress.Report($"{name}, {rate} spans a second");
                rows.Add(await LoadAsync(name, files, rate));
            }
        }

        await hub.ReturnAsync(cancellationToken);
        return rows;

        // Real spans of searches, whose number and size, and those of inserts, become rows.
        async Task<IReadOnlyList<SpanBatch>> RecordAsync()
        {
            await using var sink = await SpanSink.StartAsync();
            using var client = bench.CreateClient();
            var collection = client.GetCollection(Bench.Collection);
            var searches = bench.Count(500);

            progress.Report("recording searches");
            var searched = await CallAsync(searches, () => collection.SearchAsync(
                "vector", [Bench.Query], SimilarityMetricType.Cosine, limit: 3, new() { ConsistencyLevel = ConsistencyLevel.Eventually }, cancellationToken));
            Describe("search", searches, searched);

            progress.Report("recording inserts");
            var inserts = bench.Count(100);
            var row = new ReadOnlyMemory<float>(new float[Dimension]);
            Describe("insert", inserts, await CallAsync(inserts, () => collection.InsertAsync(
                [FieldData.Create("id", (long[])[1_000_000]), FieldData.CreateFloatVector("vector", [row])], cancellationToken: cancellationToken)));
            return searched;

            async Task<IReadOnlyList<SpanBatch>> CallAsync(int calls, Func<Task> call)
            {
                using (Sdk.CreateTracerProviderBuilder()
                    .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                    .AddMilvusClientInstrumentation()
                    .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (Hub.Otlp, OtlpExportProtocol.Grpc))
                    .Build())
                {
                    for (var i = 0; i < calls; i++)
                    {
                        await call();
                    }
                }

                return await sink.TakeAllAsync(cancellationToken);
            }

            void Describe(string operation, int calls, IReadOnlyList<SpanBatch> batches)
            {
                var spans = batches.Sum(batch => batch.Spans);
                rows.Add(new($"spans of a {operation}", Samples.Of([(double)spans / calls]), "", null, $"mean of {calls}, the client's one included"));
                rows.Add(new($"a span of a {operation} on the wire", Samples.Of([(double)batches.Sum(batch => batch.Bytes) / spans]), "B", null, $"mean of {spans}, OTLP/gRPC, not compressed"));
            }
        }

        async Task<Row> LoadAsync(string name, string[] files, int rate)
        {
            var folder = Directory.CreateTempSubdirectory("milvus-tracing-bench-");
            try
            {
                var limits = Path.Combine(folder.FullName, "limits.yaml");
                await File.WriteAllTextAsync(limits, $"processors: {{memory_limiter: {{limit_mib: {MemoryLimitMebibytes}}}}}", cancellationToken);
                var store = folder.CreateSubdirectory("store");
                await hub.ReturnAsync(
                    cancellationToken,
                    [Hub.HostingFile("jaeger.yaml"), .. files.Select(Hub.HostingFile), limits],
                    [new("BADGER_FOLDER", store.FullName), new("GOMEMLIMIT", $"{MemoryLimitMebibytes}MiB")]);
                var before = hub.JaegerUse.Cpu;
                var sent = await load.SendAsync(rate, duration, cancellationToken);
                await WaitUntilIdleAsync(files.Contains("tail-sampling.yaml") ? DecisionWait + Idle : Idle);
                var (cpu, peak) = hub.JaegerUse;
                var dropped = await DroppedAsync(cancellationToken);
                await hub.EndAsync();
                var stored = store.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
                return new(
                    $"{name}, {rate.ToString("N0", CultureInfo.InvariantCulture)} spans/s: CPU a span",
                    Samples.Of([(cpu - before).TotalMicroseconds / Math.Max(1, sent.Accepted)]),
                    "µs",
                    null,
                    string.Create(CultureInfo.InvariantCulture, $"sent {sent.PerSecond:N0} a second for {duration.TotalSeconds:0} s, accepted {sent.Accepted:N0}, refused {sent.Refused:N0}{dropped}, {peak >> 20} MiB{(stored > 0 ? $", {(double)stored / sent.Accepted:0} B a span in the store" : "")}"));
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        async Task WaitUntilIdleAsync(TimeSpan idle)
        {
            var (watch, worked) = (Stopwatch.StartNew(), TimeSpan.Zero);
            for (var last = hub.JaegerUse.Cpu; watch.Elapsed - worked < idle && watch.Elapsed < DrainLimit;)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
                var now = hub.JaegerUse.Cpu;
                // A tenth of a processor is what it takes to wait.
                worked = now - last > TimeSpan.FromMilliseconds(100) ? watch.Elapsed : worked;
                last = now;
            }
        }
    }

    /// <summary>What Jaeger's own metrics say of spans that it took and lost; nothing where they say nothing.</summary>
    private static async Task<string> DroppedAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri("http://127.0.0.1:8888/metrics"), cancellationToken);
        var counts =
            from line in metrics.Split('\n')
            where line.StartsWith("otelcol_exporter_send_failed_spans", StringComparison.Ordinal)
                || line.StartsWith("otelcol_exporter_enqueue_failed_spans", StringComparison.Ordinal)
                || line.StartsWith("otelcol_processor_tail_sampling_sampling_trace_dropped_too_early", StringComparison.Ordinal)
            group double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) by line[..line.IndexOfAny(['{', ' '])]["otelcol_".Length..] into counter
            where counter.Sum() > 0
            select string.Create(CultureInfo.InvariantCulture, $", {counter.Key} {counter.Sum():N0}");
        return string.Concat(counts);
    }
}
