using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MilvusTracing.Benchmarks;

/// <summary>
/// The trace backends: a real Jaeger with the configuration that the AppHost gives it, and a real Aspire dashboard, to which Jaeger
/// forwards spans. Both are processes, so that Jaeger can be stopped, frozen and restarted.
/// </summary>
/// <param name="cancellationToken">Cancels the queries.</param>
internal sealed class Backends(CancellationToken cancellationToken) : IAsyncDisposable
{
    public static readonly Uri Otlp = new("http://127.0.0.1:4317");
    public static readonly Uri JaegerUrl = new("http://127.0.0.1:16686");

    /// <summary>The dashboard's address for OTLP/gRPC.</summary>
    public static readonly Uri DashboardOtlp = new($"http://127.0.0.1:{ReservedPort.Free()}");

    private static readonly Uri DashboardUrl = new($"http://127.0.0.1:{ReservedPort.Free()}");

    private readonly ChildProcess _dashboard = ChildProcess.Start(
        typeof(Backends).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Dashboard").Value!,
        [],
        new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = DashboardUrl.OriginalString,
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = DashboardOtlp.OriginalString,
            ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        });

    private FakeHttpServer? _rejecting;

    public ITraceBackend Jaeger { get; } = new JaegerBackend(JaegerUrl);

    public ITraceBackend Dashboard { get; } = new DashboardBackend(DashboardUrl);

    /// <summary>Jaeger's process, to suspend or stop it; <see cref="StartJaegerAsync"/> starts a new one.</summary>
    public ChildProcess JaegerProcess { get; private set; } = null!;

    /// <summary>Starts Jaeger, with an empty store.</summary>
    /// <param name="configuration">The YAML files, or other collector configuration URIs; by default those that the AppHost uses.</param>
    /// <param name="environment">Additional environment variables for these files.</param>
    public async Task StartJaegerAsync(string[]? configuration = null, Dictionary<string, string?>? environment = null)
    {
        var program = Bench.Setting("JAEGER_PROGRAM", "the path of the executable of Jaeger 2");
        await (_rejecting?.DisposeAsync() ?? default);
        _rejecting = null;
        configuration ??= [HostingFile("jaeger.yaml"), HostingFile("dashboard.yaml"), HostingFile("span-metrics.yaml")];
        JaegerProcess = ChildProcess.Start(
            program,
            configuration.Select(file => $"--config={file}"),
            new Dictionary<string, string?>(environment ?? [])
            {
                ["DASHBOARD_OTLP_ENDPOINT"] = DashboardOtlp.OriginalString,
                ["DASHBOARD_OTLP_API_KEY"] = "none",
            });
        await JaegerProcess.WaitForLineAsync("Everything is ready");
    }

    /// <returns>The path of a configuration file of MilvusTracing.Hosting.</returns>
    public static string HostingFile(string name) => Path.Combine(BuiltProject.Root, "src", "MilvusTracing.Hosting", "Jaeger", name);

    public async Task KillJaegerAsync() => await JaegerProcess.DisposeAsync();

    /// <summary>Replaces Jaeger by a server that rejects every request, until <see cref="StartJaegerAsync"/>.</summary>
    public async Task RejectAsync()
    {
        await KillJaegerAsync();
        _rejecting = await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2, Otlp.Port);
        _rejecting.Otherwise(503, "text/plain", "");
    }

    /// <returns>The number of spans, of one service or of all, that a backend has of these traces.</returns>
    public async Task<int> CountAsync(ITraceBackend backend, IEnumerable<string> traceIds, string? service = null) =>
        await traceIds.ToAsyncEnumerable()
            .Select(async (string id, CancellationToken cancel) => await backend.GetTraceAsync(id, cancel))
            .Select(trace => trace?.Spans.Count(span => service is null || span.Service == service) ?? 0)
            .SumAsync(cancellationToken);

    /// <summary>Waits until a backend has all spans of these traces.</summary>
    /// <returns>The number of spans.</returns>
    public async Task<int> WaitForAllAsync(ITraceBackend backend, IReadOnlyCollection<string> traceIds)
    {
        var (last, count) = (-1, 0);
        while (count != last)
        {
            last = count;
            // Milvus's core exports every 5 s.
            await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken);
            count = await CountAsync(backend, traceIds);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await (_rejecting?.DisposeAsync() ?? default);
        await (JaegerProcess?.DisposeAsync() ?? default);
        await _dashboard.DisposeAsync();
    }
}
