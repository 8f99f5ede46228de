using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Perfolizer.Horology;

namespace MilvusTracing.Benchmarks;

/// <summary>
/// The cost of the Milvus instrumentation in a call: allocated bytes and processor time (user) of the client, which
/// BenchmarkDotNet measures on the emulator, in a process for each instrumentation. Spans are not exported.
/// </summary>
/// <remarks>
/// One process for all would measure their order: the listener of the Milvus instrumentation stays subscribed, and is then
/// called before that of gRPC's next provider, which costs 136 B a call.
/// </remarks>
public class InstrumentationCost
{
    public const string Verb = "instrumented-calls";
    public const string None = "none";
    public const string Grpc = "gRPC";
    public const string MilvusWithoutRows = "gRPC and Milvus without returned rows";
    public const string Milvus = "gRPC and Milvus";
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

    public static string Instrumentation { get; set; } = None;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _client = Bench.CreateClient(ConnectionString);
        await Bench.CreateCollectionAsync(_client);
        _collection = _client.GetCollection(Bench.Collection);
        var isMilvus = Instrumentation is Milvus or MilvusWithoutRows;
        if (Instrumentation != None)
        {
            var tracing = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true);
            _tracing = (isMilvus ? tracing.AddMilvusClientInstrumentation(milvus => milvus.RecordReturnedRows = Instrumentation == Milvus) : tracing).Build();
        }

        var metering = Sdk.CreateMeterProviderBuilder().AddReader(new BaseExportingMetricReader(new NoExporter()));
        _metering = isMilvus ? metering.AddMilvusClientInstrumentation().Build() : null;
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

    internal static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var (emulator, connectionString) = await Bench.StartEmulatorAsync();
        await using var stopping = emulator;
        var rounds = bench.Count(40);
        var note = $"{rounds} rounds of {Searches} searches, {Concurrency} at a time, on the emulator";
        var search = await RunAsync(bench, connectionString, nameof(SearchAsync), rounds);
        yield return new("search: allocated without instrumentation", search[None].Bytes, "B", null, note);
        yield return new("search: allocated for gRPC's span", search[Grpc].Bytes - search[None].Bytes, "B", null, note);
        var bytes = search[Milvus].Bytes - search[Grpc].Bytes;
        var withoutRows = search[MilvusWithoutRows].Bytes - search[Grpc].Bytes;
        yield return new("search: allocated for Milvus's span and metric in addition", bytes, "B", 800, note);
        yield return new("search: allocated for Milvus's span and metric, RecordReturnedRows off", withoutRows, "B", 600, note);
        yield return new("search: CPU time (user) without instrumentation", search[None].Cpu, "µs", null, note);
        yield return new("search: CPU time (user) for gRPC's span", search[Grpc].Cpu - search[None].Cpu, "µs", null, note);
        yield return new("search: CPU time (user) for Milvus's span and metric in addition", search[Milvus].Cpu - search[Grpc].Cpu, "µs", 5, note);

        note = $"inserts of {Rows} × {Bench.Dimension}, on the emulator; the limit is a search's";
        var insert = await RunAsync(bench, connectionString, nameof(InsertAsync), bench.Count(10));
        yield return new("insert: allocated without instrumentation", insert[None].Bytes, "B", null, note);
        yield return new("insert: allocated for Milvus's span and metric", insert[Milvus].Bytes - insert[Grpc].Bytes, "B", bytes.Median, note);
    }

    /// <summary>The main program of a process that measures one instrumentation. Writes a <see cref="Cost"/> as JSON.</summary>
    internal static void Run(string instrumentation, string connectionString, string method, int rounds)
    {
        (Instrumentation, ConnectionString) = (instrumentation, connectionString);
        var calls = typeof(InstrumentationCost);
        var summary = BenchmarkRunner.Run(calls, [calls.GetMethod(method)!], ConfigurationOf(rounds));
        var report = summary.Reports.SingleOrDefault(report => report.Success)
            ?? throw new InvalidOperationException($"BenchmarkDotNet reports errors: {string.Join(' ', summary.ValidationErrors)}");
        Console.WriteLine(JsonSerializer.Serialize(new Cost(
            Samples.Of((double)report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)!),
            Samples.Of(report.GetResultRuns().Select(result => result.GetAverageTime().ToMicroseconds())))));
    }

    /// <returns>The cost of a call with each instrumentation.</returns>
    private static async Task<Dictionary<string, Cost>> RunAsync(Bench bench, string connectionString, string method, int rounds)
    {
        Dictionary<string, Cost> costs = [];
        foreach (var instrumentation in new[] { None, Grpc, MilvusWithoutRows, Milvus })
        {
            bench.Progress($"{method}, {instrumentation}");
            await using var run = ChildProcess.Start(Environment.ProcessPath!, [Verb, instrumentation, connectionString, method, $"{rounds}"]);
            costs[instrumentation] = await run.WaitForExitAsync(TimeSpan.FromMinutes(5)).WaitAsync(bench.CancellationToken) == 0
                ? JsonSerializer.Deserialize<Cost>(run.Lines[^1])!
                : throw new InvalidOperationException(run.Output);
        }

        return costs;
    }

    private static ManualConfig ConfigurationOf(int rounds) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default
            .WithToolchain(new InProcessNoEmitToolchain(logOutput: false))
            .WithStrategy(RunStrategy.Monitoring)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(Math.Max(2, rounds / 4))
            .WithIterationCount(rounds)
            .WithClock(new ProcessorClock()))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddLogger(NullLogger.Instance)
        .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "benchmarkdotnet"));

    /// <summary>Makes BenchmarkDotNet measure the processor time (user) of this process instead of the elapsed time.</summary>
    private sealed class ProcessorClock : IClock
    {
        public string Title => "Processor time";

        public bool IsAvailable => true;

        public Frequency Frequency => new(TimeSpan.TicksPerSecond);

        public long GetTimestamp() => Environment.CpuUsage.UserTime.Ticks;
    }

    /// <summary>The allocated bytes and the processor time (user, microseconds) of a call.</summary>
    private sealed record Cost(Samples Bytes, Samples Cpu);

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
