using BenchmarkDotNet.Attributes;
using Milvus.Client;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>The instrumentations to compare.</summary>
public enum InstrumentationKind
{
    None,
    Grpc,

    /// <summary>Of gRPC and of Milvus.</summary>
    Milvus,
}

/// <summary>The calls of <see cref="InstrumentationCost"/>, for BenchmarkDotNet.</summary>
public class InstrumentedCalls
{
    public const int Searches = 2_000;
    public const int Inserts = 5;
    public const int Rows = 10_000;

    /// <summary>High, so that few threads wait for a response: waking them up costs more processor time than all the rest.</summary>
    public const int Concurrency = 16;

    private readonly FieldData[] _rows = Bench.CreateRows(Rows);
    private MilvusClient _client = null!;
    private MilvusCollection _collection = null!;
    private TracerProvider? _tracing;
    private MeterProvider? _metering;

    /// <summary>The connection string of Milvus.</summary>
    public static string ConnectionString { get; set; } = "";

    [ParamsAllValues]
    public InstrumentationKind Kind { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _client = Bench.CreateClient(ConnectionString);
        await Bench.CreateCollectionAsync(_client);
        _collection = _client.GetCollection(Bench.Collection);
        if (Kind != InstrumentationKind.None)
        {
            var tracing = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true);
            _tracing = (Kind == InstrumentationKind.Milvus ? tracing.AddMilvusClientInstrumentation() : tracing).Build();
        }

        if (Kind == InstrumentationKind.Milvus)
        {
            var reader = new BaseExportingMetricReader(new NoExporter());
            _metering = Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddReader(reader).Build();
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _metering?.Dispose();
        _tracing?.Dispose();
        _client.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Searches)]
    public Task SearchAsync() => Task.WhenAll(Enumerable.Range(0, Concurrency).Select(async _ =>
    {
        for (var search = 0; search < Searches / Concurrency; search++)
        {
            await Bench.SearchAsync(_collection);
        }
    }));

    [Benchmark(OperationsPerInvoke = Inserts)]
    public async Task InsertAsync()
    {
        for (var insert = 0; insert < Inserts; insert++)
        {
            await _collection.InsertAsync(_rows);
        }
    }

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
