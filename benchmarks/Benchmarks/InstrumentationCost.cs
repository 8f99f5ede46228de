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
/// measures on a server double. Spans are not exported.
/// </summary>
/// <remarks>
/// The Milvus instrumentation is added before gRPC's and before the first call, as by OpenTelemetry's hosting, which builds the meter
/// provider first. Its listener is then called first. Called last, it has to write the traceparent again, which allocates 136 B a call.
/// Bytes are measured in a process for each instrumentation. Processor time is measured in one process, which adds the Milvus
/// instrumentation every second time: the difference of two processes depends on what .NET has optimized in each.
/// </remarks>
public class InstrumentationCost
{
    public const string Verb = "instrumented-calls";
    public const string Grpc = "gRPC";
    public const string MilvusWithoutRows = "gRPC and Milvus without returned rows";
    public const string Milvus = "gRPC and Milvus";
    public const string InTurns = "gRPC, and every second time Milvus";
    public const int Searches = 500;
    public const int Inserts = 5;
    public const int Rows = 10_000;

    /// <summary>The fastest of so many turns counts: other programs only slow a turn down.</summary>
    public const int Turns = 20;

    private static readonly List<bool> TurnsWithMilvus = [];

    private readonly FieldData[] _rows = Bench.CreateRows(Rows);
    private readonly MilvusCollection _threeHits = Collection(Hits(3));
    private readonly MilvusCollection _hundredHits = Collection(Hits(100));
    private readonly MilvusCollection _inserts = Collection(Wire.Message((1, Wire.Message()), (6, Rows)));
    private TracerProvider? _grpc;
    private TracerProvider? _tracing;
    private MeterProvider? _metering;

    public static string Instrumentation { get; set; } = Grpc;

    [GlobalSetup]
    public void SetUp()
    {
        if (Instrumentation != Grpc)
        {
            AddMilvus();
        }

        _grpc = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true).Build();
    }

    [IterationSetup]
    public void TakeTurns()
    {
        if (Instrumentation == InTurns)
        {
            TurnsWithMilvus.Add(TurnsWithMilvus.Count % 2 == 1);
            RemoveMilvus();
            if (TurnsWithMilvus[^1])
            {
                AddMilvus();
            }

            // A new provider compiles its services in the background, which takes milliseconds.
            SearchThreeAsync().Wait();
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        RemoveMilvus();
        _grpc?.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Searches)]
    public Task SearchThreeAsync() => SearchAsync(_threeHits, 3);

    [Benchmark(OperationsPerInvoke = Searches)]
    public Task SearchHundredAsync() => SearchAsync(_hundredHits, 100);

    [Benchmark(OperationsPerInvoke = Inserts)]
    public async Task InsertAsync()
    {
        for (var insert = 0; insert < Inserts; insert++)
        {
            await _inserts.InsertAsync(_rows);
        }
    }

    internal static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        var rounds = bench.Count(10);
        var note = $"{rounds} rounds of {Searches} searches, on a server double";
        var (grpc, milvus) = (await RunAsync(Grpc, nameof(SearchThreeAsync), rounds), await RunAsync(Milvus, nameof(SearchThreeAsync), rounds));
        var withoutRows = await RunAsync(MilvusWithoutRows, nameof(SearchThreeAsync), rounds);
        yield return new("search: allocated for Milvus's span and metric in addition", Samples.Of(milvus.Bytes - grpc.Bytes), "B", 800, note);
        yield return new("search: allocated for Milvus's span and metric, RecordReturnedRows off", Samples.Of(withoutRows.Bytes - grpc.Bytes), "B", 600, note);

        foreach (var (topK, method) in new[] { (3, nameof(SearchThreeAsync)), (100, nameof(SearchHundredAsync)) })
        {
            var turns = await RunAsync(InTurns, method, bench.Count(800));
            yield return new(
                $"search, top_k {topK}: CPU time for Milvus's span and metric in addition", Samples.Of(turns.MilvusCpu), "µs", 5,
                $"the fastest of {Turns} turns of {Searches} searches with it, less the fastest without it, on a server double, user and system time");
        }

        var (grpcInsert, milvusInsert) = (await RunAsync(Grpc, nameof(InsertAsync), rounds), await RunAsync(Milvus, nameof(InsertAsync), rounds));
        yield return new(
            "insert: allocated for Milvus's span and metric", Samples.Of(milvusInsert.Bytes - grpcInsert.Bytes), "B", milvus.Bytes - grpc.Bytes,
            $"inserts of {Rows} × {Bench.Dimension}, on a server double; the limit is a search's");

        async Task<Cost> RunAsync(string instrumentation, string method, int rounds)
        {
            bench.Progress($"{method}, {instrumentation}");
            // One thread does all the work, since waking up others costs more processor time than all the rest.
            await using var run = ChildProcess.Start(
                Environment.ProcessPath!, [Verb, instrumentation, method, $"{rounds}"], new Dictionary<string, string?> { ["DOTNET_PROCESSOR_COUNT"] = "1" });
            return await run.WaitForExitAsync(TimeSpan.FromMinutes(5)).WaitAsync(bench.CancellationToken) == 0
                ? JsonSerializer.Deserialize<Cost>(run.Lines[^1])!
                : throw new InvalidOperationException(run.Output);
        }
    }

    /// <summary>The main program of a process that measures one instrumentation. Writes a <see cref="Cost"/> as JSON.</summary>
    internal static void Run(string instrumentation, string method, int rounds)
    {
        Instrumentation = instrumentation;
        var calls = typeof(InstrumentationCost);
        var summary = BenchmarkRunner.Run(calls, [calls.GetMethod(method)!], ConfigurationOf(rounds));
        var report = summary.Reports.SingleOrDefault(report => report.Success)
            ?? throw new InvalidOperationException($"BenchmarkDotNet reports errors: {string.Join(' ', summary.ValidationErrors)}");
        var cpu = report.AllMeasurements.Where(run => run is { IterationMode: IterationMode.Workload, IterationStage: IterationStage.Actual })
            .Select(run => run.GetAverageTime().ToMicroseconds()).ToList();
        var turns = TurnsWithMilvus.TakeLast(cpu.Count).Zip(cpu).ToLookup(turn => turn.First, turn => turn.Second);
        Console.WriteLine(JsonSerializer.Serialize(new Cost(
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0,
            [.. turns[true].Chunk(Turns).Zip(turns[false].Chunk(Turns), (with, without) => with.Min() - without.Min())])));
    }

    private static async Task SearchAsync(MilvusCollection collection, int topK)
    {
        for (var search = 0; search < Searches; search++)
        {
            await Bench.SearchAsync(collection, topK: topK);
        }
    }

    private static MilvusCollection Collection(byte[] response) => ServerDouble.CreateClient(response).GetCollection(Bench.Collection);

    /// <returns>Milvus's response to a search with so many hits.</returns>
    private static byte[] Hits(int count) => Wire.Message((1, Wire.Message()), (2, Wire.Message(
        (1, 1),
        (2, count),
        (4, (float[])[.. Enumerable.Range(0, count).Select(hit => 1f / (1 + hit))]),
        (5, Wire.Message((1, Wire.Message((1, (long[])[.. Enumerable.Range(0, count).Select(hit => (long)hit)]))))),
        (6, new long[] { count }))), (3, Bench.Collection));

    private void AddMilvus()
    {
        _metering = Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddReader(new BaseExportingMetricReader(new NoExporter())).Build();
        _tracing = Sdk.CreateTracerProviderBuilder()
            .AddMilvusClientInstrumentation(milvus => milvus.RecordReturnedRows = Instrumentation != MilvusWithoutRows).Build();
    }

    private void RemoveMilvus()
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
            .WithWarmupCount(Math.Clamp(rounds / 2, 2, 100))
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

    /// <summary>The allocated bytes of a call, and what the Milvus instrumentation adds to its processor time (microseconds), in each group of turns.</summary>
    private sealed record Cost(double Bytes, double[] MilvusCpu);

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
