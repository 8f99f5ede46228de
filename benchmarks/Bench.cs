using System.Data.Common;

namespace MilvusTracing.Benchmarks;

/// <summary>The environment of the benchmarks: Milvus with a collection to search, and the trace backends, both prepared on first use.</summary>
/// <param name="isQuick">Whether to take few samples, which shows only that the benchmarks work.</param>
/// <param name="cancellationToken">Cancels the benchmarks.</param>
internal sealed class Bench(bool isQuick, CancellationToken cancellationToken) : IAsyncDisposable
{
    public const string Collection = "milvus_tracing_bench";
    public const int Dimension = 128;
    private const int Rows = 1_000;

    private static readonly ReadOnlyMemory<float> Query = Vector(Rows / 2);

    private Backends? _backends;
    private Task<Backends>? _started;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Reports what the benchmark is doing.</summary>
    public Action<string> Progress { get; set; } = _ => { };

    /// <summary>A temporary folder, deleted at the end.</summary>
    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("milvus-tracing-bench-");

    /// <summary>The connection string of Milvus.</summary>
    public static string Milvus => Setting("ConnectionStrings__milvus", "a Milvus that exports its spans to 127.0.0.1:4317");

    /// <returns>The value of an environment variable that must be set.</returns>
    public static string Setting(string name, string expected) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"{name} is not set; expected {expected}.");

    /// <param name="full">The number of samples in a full run.</param>
    /// <returns>The number of samples to take: a tenth, but at least one, in a quick run.</returns>
    public int Count(int full) => isQuick ? Math.Max(1, full / 10) : full;

    /// <summary>Takes samples one after another and reports the progress.</summary>
    public async Task<List<T>> RepeatAsync<T>(string progress, int samples, Func<Task<T>> sampleAsync)
    {
        List<T> results = [];
        while (results.Count < samples)
        {
            Progress($"{progress} {results.Count + 1} of {samples}");
            results.Add(await sampleAsync());
        }

        return results;
    }

    /// <summary>Starts the backends and creates the collection, on the first call.</summary>
    public Task<Backends> BackendsAsync() => _started ??= StartBackendsAsync();

    /// <param name="connectionString">An endpoint and a token, as in <c>Endpoint=http://127.0.0.1:19530;Key=root:Milvus</c>.</param>
    /// <returns>A client without telemetry.</returns>
    public static MilvusClient CreateClient(string connectionString)
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = connectionString };
        return new MilvusClient(new Uri((string)connection["Endpoint"]), apiKey: (string)connection["Key"]);
    }

    /// <summary>Creates the collection that the benchmarks search, with an index and 1,000 rows.</summary>
    public static async Task CreateCollectionAsync(MilvusClient milvus)
    {
        await milvus.GetCollection(Collection).DropAsync();
        var collection = await milvus.CreateCollectionAsync(
            Collection, [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector("vector", Dimension)]);
        await collection.CreateIndexAsync("vector", IndexType.AutoIndex, SimilarityMetricType.Cosine);
        await collection.LoadAsync();
        await collection.WaitForCollectionLoadAsync();
        await collection.InsertAsync(CreateRows(Rows));

        // A strongly consistent search waits for the rows: later searches find them.
        await SearchAsync(collection, ConsistencyLevel.Strong);
    }

    /// <returns>Rows with the ids 0, 1, 2 and so on.</returns>
    public static FieldData[] CreateRows(int count) =>
    [
        FieldData.Create("id", (long[])[.. Enumerable.Range(0, count).Select(row => (long)row)]),
        FieldData.CreateFloatVector("vector", (ReadOnlyMemory<float>[])[.. Enumerable.Range(0, count).Select(Vector)]),
    ];

    public static Task SearchAsync(MilvusCollection collection, ConsistencyLevel consistency = ConsistencyLevel.Eventually, int topK = 3) =>
        collection.SearchAsync("vector", [Query], SimilarityMetricType.Cosine, topK, new() { ConsistencyLevel = consistency });

    /// <summary>Waits for the end of a process.</summary>
    /// <returns>Its largest memory in MiB, by the line VmHWM of Linux's <c>/proc/{id}/status</c>, and the exit code.</returns>
    public async Task<(double Mebibytes, int ExitCode)> PeakMemoryAsync(ChildProcess process)
    {
        var peak = 0.0;
        var exit = process.WaitForExitAsync(TimeSpan.FromHours(1));
        for (; !exit.IsCompleted; await Task.WhenAny(exit, Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // The file, or the line in it, is missing once the process has ended.
                var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:"));
                peak = line is null ? peak : double.Parse(line["VmHWM:".Length..].Replace("kB", "")) / 1024;
            }
            catch (IOException)
            {
            }
        }

        return (peak, await exit);
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsCompletedSuccessfully: true })
        {
            using var milvus = CreateClient(Milvus);
            await milvus.GetCollection(Collection).DropAsync();
        }

        await (_backends?.DisposeAsync() ?? default);
        Folder.Delete(recursive: true);
    }

    private static ReadOnlyMemory<float> Vector(int row)
    {
        var random = new Random(row);
        return Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray();
    }

    private async Task<Backends> StartBackendsAsync()
    {
        using var milvus = CreateClient(Milvus);
        _backends = new Backends(cancellationToken);
        await _backends.StartJaegerAsync();
        await CreateCollectionAsync(milvus);
        return _backends;
    }
}
