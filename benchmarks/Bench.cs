using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Milvus.Client;
using MilvusTracing.Local.Emulator;
using MilvusTracing.Local.Processes;

namespace MilvusTracing.Benchmarks;

/// <summary>What is measured: a Milvus, a Jaeger and a receiver in the place of the Aspire dashboard.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const string ClientService = "bench-client";

    /// <summary>Variables that would give the client processes settings of the caller's.</summary>
    public static readonly IReadOnlyList<string> TelemetryVariables =
        [.. Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)), "ConnectionStrings__jaeger"];

    private readonly List<IAsyncDisposable> _owned;

    private Bench(List<IAsyncDisposable> owned) => _owned = owned;

    public required string Milvus { get; init; }

    public required bool RealMilvus { get; init; }

    public required IBackend Jaeger { get; init; }

    public required ReceiverBackend Dashboard { get; init; }

    /// <summary>The folder that holds <c>run</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>One line: what runs.</summary>
    public string Description =>
        $"{(RealMilvus ? "real Milvus" : "emulator in the place of Milvus")}, "
        + $"{(Jaeger is JaegerServer ? "real Jaeger" : "receiver in the place of Jaeger")}, receiver in the place of the Aspire dashboard";

    /// <exception cref="InvalidOperationException">An address is malformed or only one of Jaeger's two is given.</exception>
    public static async Task<Bench> StartAsync(CancellationToken cancellationToken)
    {
        var milvus = Environment.GetEnvironmentVariable("ConnectionStrings__milvus");
        var dashboard = await ReceiverBackend.StartAsync("dashboard");
        IBackend jaeger = (Address("ConnectionStrings__jaeger"), Address("JAEGER_URL")) switch
        {
            ({ } otlp, { } query) => new JaegerServer(otlp, query),
            (null, null) => await ReceiverBackend.StartAsync("Jaeger"),
            _ => throw new InvalidOperationException("ConnectionStrings__jaeger and JAEGER_URL go together: set both, or neither."),
        };
        List<IAsyncDisposable> owned = [dashboard, jaeger];
        if (milvus is null)
        {
            var emulator = await StartEmulatorAsync([jaeger.Address], cancellationToken);
            owned.Add(emulator);
            milvus = ConnectionString(emulator.Address);
        }

        var bench = new Bench(owned)
        {
            Milvus = milvus,
            RealMilvus = owned.Count == 2,
            Jaeger = jaeger,
            Dashboard = dashboard,
            Repository = Directory.GetCurrentDirectory(),
        };
        await bench.UseMilvusAsync(Catalog.CreateAsync, cancellationToken);
        return bench;
    }

    /// <summary>The environment of a client whose spans go to Jaeger and to <paramref name="dashboard"/>.</summary>
    public Dictionary<string, string> Exporting(Uri dashboard) => new(Local)
    {
        ["ConnectionStrings__jaeger"] = Jaeger.Address.AbsoluteUri,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = dashboard.AbsoluteUri,
    };

    /// <summary>The environment of a client that sends its spans nowhere.</summary>
    public Dictionary<string, string> Local => new()
    {
        ["ConnectionStrings__milvus"] = Milvus,
        ["OTEL_SERVICE_NAME"] = ClientService,
    };

    /// <summary>A port at which nothing listens.</summary>
    public static int ClosedPort() => Ports.Free(1)[0];

    public async ValueTask DisposeAsync()
    {
        await UseMilvusAsync(Catalog.DropAsync, CancellationToken.None);
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }
    }

    public static Task<MilvusEmulator> StartEmulatorAsync(IReadOnlyList<Uri> otlp, CancellationToken cancellationToken) =>
        MilvusEmulator.StartAsync(
            new EmulatorOptions { Port = 0, Destinations = [.. otlp.Select(address => new SpanDestination(address))] }, cancellationToken);

    public static string ConnectionString(Uri milvus) => $"Endpoint={milvus};Key=root:Milvus";

    private static Uri? Address(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(value) ? null
            : Uri.TryCreate(value, UriKind.Absolute, out var address) ? address
            : throw new InvalidOperationException($"{variable} is \"{value}\"; expected an address such as http://localhost:4317.");
    }

    private async Task UseMilvusAsync(Func<MilvusClient, CancellationToken, Task> use, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder(["--ConnectionStrings:milvus", Milvus]);
        builder.Logging.ClearProviders();
        builder.AddMilvusClient("milvus");
        using var host = builder.Build();
        await use(host.Services.GetRequiredService<MilvusClient>(), cancellationToken);
    }
}
