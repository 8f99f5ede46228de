using System.Data.Common;
using System.Net.NetworkInformation;
using Milvus.Client;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Benchmarks;

/// <summary>The environment of the benchmarks: Milvus with a collection to search, and the hub, both prepared on first use.</summary>
/// <param name="isQuick">Whether to take few samples, which shows only that the benchmarks work.</param>
/// <param name="cancellationToken">Cancels the benchmarks.</param>
internal sealed class Bench(bool isQuick, CancellationToken cancellationToken) : IAsyncDisposable
{
    public const string ClientService = "bench-client";
    public const string Collection = "milvus_tracing_bench";
    public const int Dimension = 128;
    private const int Rows = 1_000;

    private Hub? _hub;
    private Task<Hub>? _started;

    public static ReadOnlyMemory<float> Query { get; } = Vector(Rows / 2);

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Reports what the benchmark is doing.</summary>
    public Action<string> Progress { get; set; } = _ => { };

    /// <summary>The connection string of Milvus.</summary>
    public static string Milvus => Environment.GetEnvironmentVariable("ConnectionStrings__milvus") is { Length: > 0 } milvus
        ? milvus
        : throw new InvalidOperationException("ConnectionStrings__milvus is not set; expected a Milvus that exports its spans to 127.0.0.1:4317.");

    /// <param name="full">The number of samples in a full run.</param>
    /// <returns>The number of samples to take: a tenth, but at least one, in a quick run.</returns>
    public int Count(int full) => isQuick ? Math.Max(1, full / 10) : full;

    /// <summary>Starts the hub and creates the collection, on the first call.</summary>
    public Task<Hub> HubAsync() => _started ??= StartHubAsync();

    /// <summary>The environment of a traced client, as <c>WithAppForwarding</c> sets it.</summary>
    public static Dictionary<string, string?> ClientEnvironment(Hub hub) => new()
    {
        ["ConnectionStrings__milvus"] = Milvus,
        ["OTEL_SERVICE_NAME"] = ClientService,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = hub.DashboardOtlp.OriginalString,
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = Hub.Otlp.OriginalString,
        ["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768",
    };

    /// <summary>Starts the Milvus emulator in a process of its own.</summary>
    public static async Task<(ChildProcess Process, string ConnectionString)> StartEmulatorAsync()
    {
        var port = FreePort();
        // The emulator logs every call: reading the log would add to the measured costs of this process.
        var emulator = ChildProcess.Start(
            "sh",
            ["-c", "exec dotnet \"$0\" > /dev/null", BuiltProject.Assembly("MilvusTracing.Emulator")],
            new Dictionary<string, string?> { ["PROXY_PORT"] = $"{port}" });
        await Timeouts.PollAsync(
            () => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port), () => emulator.Output);
        return (emulator, $"Endpoint=http://127.0.0.1:{port};Key=root:Milvus");
    }

    /// <param name="connectionString">An endpoint and a key, as in <c>Endpoint=http://127.0.0.1:19530;Key=root:Milvus</c>.</param>
    /// <returns>A client without telemetry.</returns>
    public static MilvusClient CreateClient(string connectionString)
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = connectionString };
        return new MilvusClient(new Uri((string)connection["Endpoint"]), apiKey: (string)connection["Key"]);
    }

    /// <summary>Creates the collection that the benchmarks search, with an index and 1,000 rows.</summary>
    public static async Task CreateCollectionAsync(MilvusClient milvus)
    {
        if (await milvus.HasCollectionAsync(Collection))
        {
            await milvus.GetCollection(Collection).DropAsync();
        }

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

    public static Task SearchAsync(MilvusCollection collection, ConsistencyLevel consistency = ConsistencyLevel.Eventually) =>
        collection.SearchAsync("vector", [Query], SimilarityMetricType.Cosine, limit: 3, new() { ConsistencyLevel = consistency });

    /// <returns>A loopback port on which nothing listens.</returns>
    public static int FreePort()
    {
        using var port = new ReservedPort();
        return port.Number;
    }

    /// <param name="process">A process.</param>
    /// <param name="name">A line of Linux's <c>/proc/{id}/status</c>: VmRSS is the memory of the process, VmHWM its peak.</param>
    /// <returns>The value in MiB; 0 after the end of the process.</returns>
    public static double Mebibytes(ChildProcess process, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(line => line.StartsWith(name));
            return line is null ? 0 : double.Parse(line[(name.Length + 1)..].Replace("kB", "")) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsCompletedSuccessfully: true })
        {
            using var milvus = CreateClient(Milvus);
            await milvus.GetCollection(Collection).DropAsync();
        }

        await (_hub?.DisposeAsync() ?? default);
    }

    private static ReadOnlyMemory<float> Vector(int row)
    {
        var random = new Random(row);
        return Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray();
    }

    private async Task<Hub> StartHubAsync()
    {
        using var milvus = CreateClient(Milvus);
        _hub = new Hub(cancellationToken);
        await _hub.StartJaegerAsync();
        await CreateCollectionAsync(milvus);
        return _hub;
    }
}
