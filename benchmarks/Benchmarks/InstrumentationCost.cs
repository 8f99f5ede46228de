using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;

namespace MilvusTracing.Benchmarks.Benchmarks;

/// <summary>
/// The cost of the Milvus instrumentation in a call: allocated bytes and processor time (user) of the client, which
/// BenchmarkDotNet measures on the emulator. Spans are not exported.
/// </summary>
internal static class InstrumentationCost
{
    public static async IAsyncEnumerable<Row> MeasureAsync(Bench bench)
    {
        (var emulator, InstrumentedCalls.ConnectionString) = await Bench.StartEmulatorAsync();
        await using var stopping = emulator;
        var (none, grpc, milvus) = (InstrumentationKind.None, InstrumentationKind.Grpc, InstrumentationKind.Milvus);
        var rounds = bench.Count(40);
        var note = $"{rounds} rounds of {InstrumentedCalls.Searches} searches, {InstrumentedCalls.Concurrency} at a time, on the emulator";
        var search = await RunAsync(bench, nameof(InstrumentedCalls.SearchAsync), rounds);
        yield return new("search: allocated without instrumentation", search[none].Bytes, "B", null, note);
        yield return new("search: allocated for gRPC's span", search[grpc].Bytes - search[none].Bytes, "B", null, note);
        var bytes = search[milvus].Bytes - search[grpc].Bytes;
        yield return new("search: allocated for Milvus's span and metric in addition", bytes, "B", 1_300, note);
        yield return new("search: CPU time (user) without instrumentation", search[none].Cpu, "µs", null, note);
        yield return new("search: CPU time (user) for gRPC's span", search[grpc].Cpu - search[none].Cpu, "µs", null, note);
        yield return new("search: CPU time (user) for Milvus's span and metric in addition", search[milvus].Cpu - search[grpc].Cpu, "µs", 15, note);

        note = $"inserts of {InstrumentedCalls.Rows} × {Bench.Dimension}, on the emulator; the limit is a search's";
        var insert = await RunAsync(bench, nameof(InstrumentedCalls.InsertAsync), bench.Count(10));
        yield return new("insert: allocated without instrumentation", insert[none].Bytes, "B", null, note);
        yield return new("insert: allocated for Milvus's span and metric", insert[milvus].Bytes - insert[grpc].Bytes, "B", bytes.Median, note);
    }

    /// <returns>The bytes and the microseconds of a call with each instrumentation.</returns>
    private static async Task<Dictionary<InstrumentationKind, (Samples Bytes, Samples Cpu)>> RunAsync(Bench bench, string method, int rounds)
    {
        bench.Progress(method);
        var calls = typeof(InstrumentedCalls);
        var run = Task.Run(() => BenchmarkRunner.Run(calls, [calls.GetMethod(method)!], ConfigurationOf(rounds)));
        var summary = await run.WaitAsync(bench.CancellationToken);
        return summary.Reports.Length > 0 && summary.Reports.All(report => report.Success)
            ? summary.Reports.ToDictionary(
                report => (InstrumentationKind)report.BenchmarkCase.Parameters[nameof(InstrumentedCalls.Kind)],
                report => (
                    Samples.Of((double)report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)!),
                    Samples.Of(report.GetResultRuns().Select(result => result.GetAverageTime().ToMicroseconds()))))
            : throw new InvalidOperationException($"BenchmarkDotNet reports errors: {string.Join(' ', summary.ValidationErrors)}");
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
        .WithArtifactsPath(Path.Combine("artifacts", "benchmarkdotnet"));

    /// <summary>Makes BenchmarkDotNet measure the processor time (user) of this process instead of the elapsed time.</summary>
    private sealed class ProcessorClock : IClock
    {
        public string Title => "Processor time";

        public bool IsAvailable => true;

        public Frequency Frequency => new(TimeSpan.TicksPerSecond);

        public long GetTimestamp() => Environment.CpuUsage.UserTime.Ticks;
    }
}
