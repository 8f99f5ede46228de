using Milvus.Client;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// What Milvus's instrumentation costs a call, in bytes and in the client's CPU time: without any, with gRPC's spans alone,
/// and with Milvus's spans and metric on top. One process takes turns in short blocks, so that each block is compared with
/// its neighbours; spans go nowhere, since exporting is not the instrumentation's.
/// </summary>
internal sealed class InstrumentationCost : Benchmark
{
    private const int Searches = 2_000;
    private const int Rows = 10_000;
    private const int Dimension = 128;
    private const int Concurrency = 16;
    private const string InsertCollection = "milvus_tracing_bench_insert";

    private enum Kind
    {
        Off,
        Grpc,
        Milvus,
    }

    public override string Name => "instrumentation";

    public override async Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await bench.HubAsync(cancellationToken);
        var (searchRounds, insertRounds) = (bench.Count(40), bench.Count(10));
        using var client = bench.CreateClient();
        var searched = client.GetCollection(Bench.Collection);
        var parameters = new SearchParameters { ConsistencyLevel = ConsistencyLevel.Eventually };

        var searches = await CompareAsync("search", searchRounds, Searches, () => searched.SearchAsync(
            "vector", [Bench.Query], SimilarityMetricType.Cosine, limit: 3, parameters, cancellationToken));
        var filled = await FillAsync(client, cancellationToken);
        FieldData[] rows =
        [
            FieldData.Create("id", (long[])[.. Enumerable.Range(0, Rows).Select(row => (long)row)]),
            FieldData.CreateFloatVector("vector", [.. Enumerable.Range(0, Rows).Select(_ => new ReadOnlyMemory<float>(new float[Dimension]))]),
        ];
        var inserts = await CompareAsync("insert", insertRounds, calls: 1, () => filled.InsertAsync(rows, cancellationToken: cancellationToken));
        await filled.DropAsync(cancellationToken);

        var note = $"{searchRounds} rounds of {Searches} searches, {Concurrency} at a time, with each, in turn";
        var insertNote = $"{insertRounds} rounds of an insert of {Rows} × {Dimension} with each, in turn";
        var searchBytes = Difference(searches, Kind.Milvus, Kind.Grpc, cost => cost.Bytes);
        return
        [
            new("search: allocated without instrumentation", Samples.Of(searches.Select(turn => turn[0].Bytes)), "B", null, note),
            new("search: allocated for gRPC's span", Difference(searches, Kind.Grpc, Kind.Off, cost => cost.Bytes), "B", null, note),
            new("search: allocated for Milvus's span and metric on top", searchBytes, "B", 1_300, note),
            new("search: the client's CPU time (user) without instrumentation", Samples.Of(searches.Select(turn => turn[0].Microseconds)), "µs", null, note),
            new("search: CPU time (user) for gRPC's span", Difference(searches, Kind.Grpc, Kind.Off, cost => cost.Microseconds), "µs", null, note),
            new("search: CPU time (user) for Milvus's span and metric on top", Difference(searches, Kind.Milvus, Kind.Grpc, cost => cost.Microseconds), "µs", 15, note),
            new("insert: allocated without instrumentation", Samples.Of(inserts.Select(turn => turn[0].Bytes)), "B", null, insertNote),
            new("insert: allocated for Milvus's span and metric on top of gRPC's", Difference(inserts, Kind.Milvus, Kind.Grpc, cost => cost.Bytes), "B", searchBytes.Median, $"{insertNote}; a search's is the limit"),
        ];

        static Samples Difference(List<Cost[]> turns, Kind of, Kind to, Func<Cost, double> value) =>
            Samples.Of(turns.Select(turn => value(turn[(int)of]) - value(turn[(int)to])));

        async Task<List<Cost[]>> CompareAsync(string what, int rounds, int calls, Func<Task> call)
        {
            List<Cost[]> turns = [];
            // The first rounds warm up.
            var warming = Math.Max(2, rounds / 4);
            for (var round = 0; round < warming + rounds; round++)
            {
                progress.Report($"{what}: round {round + 1} of {warming + rounds}");
                var turn = new Cost[3];
                // Who goes first changes, so that nobody always finds the warmer server.
                for (var next = 0; next < turn.Length; next++)
                {
                    var kind = (next + round) % turn.Length;
                    turn[kind] = await CostAsync((Kind)kind, calls, call);
                }

                if (round >= warming)
                {
                    turns.Add(turn);
                }
            }

            return turns;
        }
    }

    private static async Task<Cost> CostAsync(Kind kind, int calls, Func<Task> call)
    {
        using var tracing = Tracing(kind);
        using var metering = kind == Kind.Milvus ? Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddReader(new BaseExportingMetricReader(new Nowhere())).Build() : null;
        await call();

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var used = Environment.CpuUsage.UserTime;
        var left = calls;
        // All at once, so that the processor time of waking up for an answer, which varies by more than all of the rest, is rare.
        await Task.WhenAll(Enumerable.Range(0, Math.Min(calls, Concurrency)).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await call();
            }
        }));
        used = Environment.CpuUsage.UserTime - used;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new((double)allocated / calls, used.TotalMicroseconds / calls);
    }

    private static TracerProvider? Tracing(Kind kind)
    {
        if (kind == Kind.Off)
        {
            return null;
        }

        var builder = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true);
        return (kind == Kind.Milvus ? builder.AddMilvusClientInstrumentation() : builder).Build();
    }

    private static async Task<MilvusCollection> FillAsync(MilvusClient client, CancellationToken cancellationToken)
    {
        if (await client.HasCollectionAsync(InsertCollection, cancellationToken: cancellationToken))
        {
            await client.GetCollection(InsertCollection).DropAsync(cancellationToken);
        }

        return await client.CreateCollectionAsync(
            InsertCollection,
            [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", Dimension)],
            cancellationToken: cancellationToken);
    }

    /// <param name="Bytes">What a call allocated.</param>
    /// <param name="Microseconds">The CPU time that the process used for it.</param>
    private readonly record struct Cost(double Bytes, double Microseconds);

    /// <summary>Takes metrics as an exporter would, and nothing more.</summary>
    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
