using System.Data.Common;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Milvus.Client;

namespace MilvusTracing.Benchmarks;

/// <summary>What figures are measured on; the servers are started when the first figure asks for them.</summary>
/// <param name="quick">Whether it is only to be seen that figures work.</param>
internal sealed class Bench(bool quick) : IAsyncDisposable
{
    public const string ClientService = "bench-client";

    public const string Collection = "milvus_tracing_bench";

    private const int Dimension = 128;

    private const int Rows = 1_000;

    private Hub? _hub;

    public static ReadOnlyMemory<float> Query { get; } = Vector(Rows / 2);

    /// <summary>A connection string.</summary>
    public string Milvus => Environment.GetEnvironmentVariable("ConnectionStrings__milvus") is { Length: > 0 } milvus
        ? milvus
        : throw new InvalidOperationException("ConnectionStrings__milvus is not set; expected a real Milvus that sends its spans to 127.0.0.1:4317.");

    /// <summary>A client of <see cref="Milvus"/> without any telemetry of its own.</summary>
    public MilvusClient CreateClient()
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = Milvus };
        return new MilvusClient(new Uri((string)connection["Endpoint"]), apiKey: (string)connection["Key"]);
    }

    /// <summary>How many of something: a tenth, but at least one, where the run is quick.</summary>
    public int Count(int full) => quick ? Math.Max(1, full / 10) : full;

    /// <summary>Starts the hub and makes the collection that is searched.</summary>
    public async Task<Hub> HubAsync(CancellationToken cancellationToken)
    {
        if (_hub is null)
        {
            _hub = await Hub.StartAsync(cancellationToken);
            await WithMilvusAsync(CreateAsync);
        }

        return _hub;
    }

    /// <summary>The environment of a traced client: as <c>WithAppForwarding</c> sets it.</summary>
    public Dictionary<string, string?> ClientEnvironment(Hub hub) => new()
    {
        ["ConnectionStrings__milvus"] = Milvus,
        ["OTEL_SERVICE_NAME"] = ClientService,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = hub.DashboardOtlp.OriginalString,
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = Hub.Otlp.OriginalString,
        ["OTEL_BSP_MAX_QUEUE_SIZE"] = "32768",
    };

    /// <summary>Starts a program without the settings that are the bench's own.</summary>
    public static Process Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string folder = "", bool isServer = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = isServer,
            WorkingDirectory = folder,
        };
        string[] own = ["ConnectionStrings__", "JAEGER_", "OTEL_", "ASPNETCORE_", "DASHBOARD"];
        foreach (var name in start.Environment.Keys.Where(name => own.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    /// <summary>The built assembly of a project beside this one, in the same configuration.</summary>
    public static string Assembly(string project) => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory.Replace($"{Path.DirectorySeparatorChar}benchmarks{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}{project}{Path.DirectorySeparatorChar}"),
        $"{project}.dll"));

    /// <summary>A port at which nothing listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until something listens at a port, for a minute at most.</summary>
    public static async Task WaitForPortAsync(int port, CancellationToken cancellationToken)
    {
        for (var end = DateTime.UtcNow.AddMinutes(1); ; await Task.Delay(50, cancellationToken))
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException) when (DateTime.UtcNow < end)
            {
                // Not yet.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_hub is not null)
        {
            await WithMilvusAsync(milvus => milvus.GetCollection(Collection).DropAsync());
            await _hub.DisposeAsync();
        }
    }

    private static async Task CreateAsync(MilvusClient milvus)
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
        await collection.InsertAsync(
            [
                FieldData.Create("id", Enumerable.Range(0, Rows).Select(row => (long)row).ToArray()),
                FieldData.CreateFloatVector("vector", Enumerable.Range(0, Rows).Select(Vector).ToArray()),
            ]);

        // A strongly consistent search waits for the rows, so that later ones find them.
        await collection.SearchAsync("vector", [Query], SimilarityMetricType.Cosine, limit: 3, new() { ConsistencyLevel = ConsistencyLevel.Strong });
    }

    private async Task WithMilvusAsync(Func<MilvusClient, Task> use)
    {
        var builder = Host.CreateApplicationBuilder(["--ConnectionStrings:milvus", Milvus]);
        builder.Logging.ClearProviders();
        builder.AddMilvusClient("milvus");
        using var host = builder.Build();
        await use(host.Services.GetRequiredService<MilvusClient>());
    }

    private static ReadOnlyMemory<float> Vector(int row)
    {
        var random = new Random(row);
        return Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray();
    }
}
