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
/// The cost of the Milvus instrumentation in a call: allocated bytes and processor time of the client, which BenchmarkDotNet
/// measures on the emulator. Spans are not exported.
/// </summary>
/// <remarks>
/// Bytes are measured in a process for each instrumentation, since the listener of the Milvus instrumentation stays subscribed, and
/// is then called before that of gRPC's next provider, which costs 136 B a call. Processor time is measured in one process, which
/// adds the Milvus instrumentation every second time: the difference of two processes depends on what .NET has optimized in each.
/// </remarks>
public class InstrumentationCost
{
    public const string Verb = "instrumented-calls";
    public const string Grpc = "gRPC";
    public const string MilvusWithoutRows = "gRPC and Milvus without returned rows";
    public const string Milvus = "gRPC and Milvus";
    public const string InTurns = "gRPC, and every second time Milvus";
    public const int Searches = 2_000;
    public const int Inserts = 5;
    public const int Rows = 10_000;

    /// <summary>High, so that few threads wait for a response: waking them up costs more processor time than all the rest.</summary>
    public const int Concurrency = 16;

    private static readonly List<bool> TurnsWithMilvus = [];

    private readonly FieldData[] _rows = Bench.CreateRows(Rows);
    private MilvusClient _client = null!;
    private MilvusCollection _collection = null!;
    private TracerProvider? _tracing;
    private MeterProvider? _metering;

    /// <summary>The connection string of Milvus.</summary>
    public static string ConnectionString { get; set; } = "";

    public static string Instrumentation { get; set; } = Grpc;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _client = Bench.CreateClient(ConnectionString);
        await Bench.CreateCollectionAsync(_client);
        _collection = _client.GetCollection(Bench.Collection);
        Instrument(Instrumentation is Milvus or MilvusWithoutRows);
    }

    [IterationSetup]
    public void TakeTurns()
    {
        if (Instrumentation == InTurns)
        {
            TurnsWithMilvus.Add(TurnsWithMilvus.Count % 2 == 1);
            Instrument(TurnsWithMilvus[^1]);
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        Uninstrument();
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
        var rounds = bench.Count(10);
        var note = $"{rounds} rounds of {Searches} searches, {Concurrency} at a time, on the emulator";
        var (grpc, milvus) = (await RunAsync(Grpc, nameof(SearchAsync), rounds), await RunAsync(Milvus, nameof(SearchAsync), rounds));
        var withoutRows = await RunAsync(MilvusWithoutRows, nameof(SearchAsync), rounds);
        yield return new("search: allocated for Milvus's span and metric in addition", Samples.Of(milvus.Bytes - grpc.Bytes), "B", 800, note);
        yield return new("search: allocated for Milvus's span and metric, RecordReturnedRows off", Samples.Of(withoutRows.Bytes - grpc.Bytes), "B", 600, note);

        var turns = await RunAsync(InTurns, nameof(SearchAsync), bench.Count(160));
        yield return new(
            "search: CPU time for Milvus's span and metric in addition", Samples.Of(turns.MilvusCpu), "µs", 5,
            $"{turns.MilvusCpu.Length} pairs of {Searches} searches, {Concurrency} at a time, on the emulator, user and system time");

        var (grpcInsert, milvusInsert) = (await RunAsync(Grpc, nameof(InsertAsync), rounds), await RunAsync(Milvus, nameof(InsertAsync), rounds));
        yield return new(
            "insert: allocated for Milvus's span and metric", Samples.Of(milvusInsert.Bytes - grpcInsert.Bytes), "B", milvus.Bytes - grpc.Bytes,
            $"inserts of {Rows} × {Bench.Dimension}, on the emulator; the limit is a search's");

        async Task<Cost> RunAsync(string instrumentation, string method, int rounds)
        {
            bench.Progress($"{method}, {instrumentation}");
            await using var run = ChildProcess.Start(Environment.ProcessPath!, [Verb, instrumentation, connectionString, method, $"{rounds}"]);
            return await run.WaitForExitAsync(TimeSpan.FromMinutes(5)).WaitAsync(bench.CancellationToken) == 0
                ? JsonSerializer.Deserialize<Cost>(run.Lines[^1])!
                : throw new InvalidOperationException(run.Output);
        }
    }

    /// <summary>The main program of a process that measures one instrumentation. Writes a <see cref="Cost"/> as JSON.</summary>
    internal static void Run(string instrumentation, string connectionString, string method, int rounds)
    {
        (Instrumentation, ConnectionString) = (instrumentation, connectionString);
        var calls = typeof(InstrumentationCost);
        var summary = BenchmarkRunner.Run(calls, [calls.GetMethod(method)!], ConfigurationOf(rounds));
        var report = summary.Reports.SingleOrDefault(report => report.Success)
            ?? throw new InvalidOperationException($"BenchmarkDotNet reports errors: {string.Join(' ', summary.ValidationErrors)}");
        var cpu = report.AllMeasurements.Where(run => run is { IterationMode: IterationMode.Workload, IterationStage: IterationStage.Actual })
            .Select(run => run.GetAverageTime().ToMicroseconds()).ToList();
        var turns = TurnsWithMilvus.TakeLast(cpu.Count).Zip(cpu).ToLookup(turn => turn.First, turn => turn.Second);
        Console.WriteLine(JsonSerializer.Serialize(new Cost(
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0,
            [.. turns[true].Zip(turns[false], (with, without) => with - without)])));
    }

    private void Instrument(bool isMilvus)
    {
        Uninstrument();
        var tracing = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true);
        _tracing = (isMilvus ? tracing.AddMilvusClientInstrumentation(milvus => milvus.RecordReturnedRows = Instrumentation != MilvusWithoutRows) : tracing).Build();
        var metering = Sdk.CreateMeterProviderBuilder().AddReader(new BaseExportingMetricReader(new NoExporter()));
        _metering = isMilvus ? metering.AddMilvusClientInstrumentation().Build() : null;
    }

    private void Uninstrument()
    {
        _metering?.Dispose();
        _tracing?.Dispose();
    }

    private static ManualConfig ConfigurationOf(int rounds) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default
            .WithToolchain(new InProcessNoEmitToolchain(logOutput: false))
            .WithStrategy(RunStrategy.Monitoring)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(Math.Max(2, rounds / 2))
            .WithIterationCount(rounds)
            .WithClock(new ProcessorClock()))
        // It adds a turn at the end, whose processor time is not measured.
        .AddDiagnoser(Instrumentation == InTurns ? [] : [MemoryDiagnoser.Default])
        .AddLogger(NullLogger.Instance)
        .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "benchmarkdotnet"));

    /// <summary>
    /// Makes BenchmarkDotNet measure the processor time of this process instead of the elapsed time. User and system time together,
    /// because Linux estimates how they divide.
    /// </summary>
    private sealed class ProcessorClock : IClock
    {
        public string Title => "Processor time";

        public bool IsAvailable => true;

        public Frequency Frequency => new(TimeSpan.TicksPerSecond);

        public long GetTimestamp() => Environment.CpuUsage.TotalTime.Ticks;
    }

    /// <summary>The allocated bytes of a call, and what the Milvus instrumentation adds to its processor time (microseconds), for each pair of turns.</summary>
    private sealed record Cost(double Bytes, double[] MilvusCpu);

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
