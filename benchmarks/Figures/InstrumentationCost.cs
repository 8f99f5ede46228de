using System.Data.Common;
using Milvus.Client;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks.Figures;

/// <summary>
/// What Milvus's instrumentation costs a call, in bytes and in the client's CPU time: without any, with gRPC's spans alone,
/// and with Milvus's spans and metric on top. One process takes turns in short blocks, so that each block is compared with
/// its neighbours; spans go nowhere, since exporting is not the instrumentation's.
/// </summary>
internal sealed class InstrumentationCost : Figure
{
    private const double AllocationTarget = 1_300;
    private const double ProcessorTarget = 15;
    private const int Rows = 10_000;
    private const int Dimension = 128;
    private const string InsertCollection = "milvus_tracing_bench_insert";

    private enum Kind
    {
        Off,
        Grpc,
        Milvus,
    }

    public override string Id => "instrumentation";

    public override Task<IReadOnlyList<Row>> MeasureAsync(Bench bench, IProgress<string> progress, CancellationToken cancellationToken)
        => MeasureAsync(bench.Milvus, Catalog.Collection, Catalog.Vector, Catalog.Query, bench.RealMilvus, progress, cancellationToken);

    /// <param name="milvus">A connection string.</param>
    /// <param name="collection">A collection that is loaded.</param>
    /// <param name="vector">Its vector field.</param>
    /// <param name="query">What to search for.</param>
    /// <param name="isJudged">Whether the figures are compared with their targets.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        string milvus, string collection, string vector, ReadOnlyMemory<float> query, bool isJudged, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = milvus };
        using var client = new MilvusClient(new Uri((string)connection["Endpoint"]), apiKey: (string)connection["Key"]);
        var searched = client.GetCollection(collection);
        var parameters = new SearchParameters { ConsistencyLevel = ConsistencyLevel.Eventually };

        var searches = await CompareAsync("search", rounds: 40, calls: 100, () => searched.SearchAsync(
            vector, [query], SimilarityMetricType.Cosine, limit: 3, parameters, cancellationToken));
        var filled = await FillAsync(client, cancellationToken);
        FieldData[] rows =
        [
            FieldData.Create("id", (long[])[.. Enumerable.Range(0, Rows).Select(row => (long)row)]),
            FieldData.CreateFloatVector("vector", [.. Enumerable.Range(0, Rows).Select(_ => new ReadOnlyMemory<float>(new float[Dimension]))]),
        ];
        var inserts = await CompareAsync("insert", rounds: 10, calls: 1, () => filled.InsertAsync(rows, cancellationToken: cancellationToken));
        await filled.DropAsync(cancellationToken);

        var note = "40 rounds of 100 searches with each, in turn";
        var insertNote = $"10 rounds of an insert of {Rows:N0} × {Dimension} with each, in turn";
        var searchBytes = Samples.Of(searches.Select(turn => turn[(int)Kind.Milvus].Bytes - turn[(int)Kind.Grpc].Bytes));
        var insertBytes = Samples.Of(inserts.Select(turn => turn[(int)Kind.Milvus].Bytes - turn[(int)Kind.Grpc].Bytes));
        var processor = Samples.Of(searches.Select(turn => turn[(int)Kind.Milvus].Microseconds - turn[(int)Kind.Grpc].Microseconds));
        return
        [
            new("search: allocated without instrumentation", "", Samples.Of(searches.Select(turn => turn[0].Bytes)), "B", null, note),
            new("search: allocated for gRPC's span", "", Samples.Of(searches.Select(turn => turn[(int)Kind.Grpc].Bytes - turn[0].Bytes)), "B", null, note),
            new("search: allocated for Milvus's span and metric on top", $"≤ {AllocationTarget:N0} B", searchBytes, "B", isJudged ? searchBytes.Median <= AllocationTarget : null, note),
            new("search: the client's CPU time without instrumentation", "", Samples.Of(searches.Select(turn => turn[0].Microseconds)), "µs", null, note),
            new("search: CPU time for gRPC's span", "", Samples.Of(searches.Select(turn => turn[(int)Kind.Grpc].Microseconds - turn[0].Microseconds)), "µs", null, note),
            new("search: CPU time for Milvus's span and metric on top", $"≤ {ProcessorTarget} µs", processor, "µs", isJudged ? processor.Median <= ProcessorTarget : null, note),
            new("insert: allocated without instrumentation", "", Samples.Of(inserts.Select(turn => turn[0].Bytes)), "B", null, insertNote),
            new("insert: allocated for Milvus's span and metric on top of gRPC's", "≤ a search's", insertBytes, "B", isJudged ? insertBytes.Median <= searchBytes.Median : null, insertNote),
        ];

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
                    turn[kind] = await MeasureAsync((Kind)kind, calls, call);
                }

                if (round >= warming)
                {
                    turns.Add(turn);
                }
            }

            return turns;
        }
    }

    private static async Task<Cost> MeasureAsync(Kind kind, int calls, Func<Task> call)
    {
        using var tracing = Tracing(kind);
        using var metering = kind == Kind.Milvus ? Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddReader(new BaseExportingMetricReader(new Nowhere())).Build() : null;
        await call();

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var used = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < calls; i++)
        {
            await call();
        }

        used = Environment.CpuUsage.TotalTime - used;
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
