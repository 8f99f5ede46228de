using System.Diagnostics;
using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks;

/// <summary>
/// The hub: a real Jaeger with the configuration that the AppHost gives it, and a real Aspire dashboard, to which Jaeger
/// forwards spans. Both are processes, so that Jaeger can be stopped, frozen and restarted.
/// </summary>
internal sealed class Hub : IAsyncDisposable
{
    public static readonly Uri Otlp = new("http://127.0.0.1:4317");
    public static readonly Uri JaegerUrl = new("http://127.0.0.1:16686");

    private readonly CancellationToken _cancellationToken;
    private readonly ChildProcess _dashboard;
    private ChildProcess? _jaeger;
    private WebApplication? _rejecting;

    /// <summary>Starts the dashboard; <see cref="StartJaegerAsync"/> starts Jaeger.</summary>
    public Hub(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        var ui = new Uri($"http://127.0.0.1:{Bench.FreePort()}");
        DashboardOtlp = new Uri($"http://127.0.0.1:{Bench.FreePort()}");
        Dashboard = new DashboardBackend(ui);
        var program = typeof(Hub).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Dashboard").Value!;
        _dashboard = ChildProcess.Start(program, [], new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = ui.ToString(),
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = DashboardOtlp.ToString(),
            ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        });
    }

    public ITraceBackend Jaeger { get; } = new JaegerBackend(JaegerUrl);

    public ITraceBackend Dashboard { get; }

    /// <summary>The dashboard's address for OTLP/gRPC.</summary>
    public Uri DashboardOtlp { get; }

    /// <summary>Jaeger's processor time since its start, and its peak memory.</summary>
    public (TimeSpan Cpu, long PeakBytes) JaegerUsage
    {
        get
        {
            using var process = Process.GetProcessById(_jaeger!.Id);
            return (process.TotalProcessorTime, process.PeakWorkingSet64);
        }
    }

    /// <summary>Starts Jaeger, with an empty store.</summary>
    /// <param name="configuration">The YAML files; by default those that the AppHost uses.</param>
    /// <param name="environment">Additional environment variables for these files.</param>
    public async Task StartJaegerAsync(string[]? configuration = null, Dictionary<string, string?>? environment = null)
    {
        var program = Environment.GetEnvironmentVariable("JAEGER_PROGRAM") is { Length: > 0 } path && File.Exists(path)
            ? path
            : throw new InvalidOperationException("JAEGER_PROGRAM is not the path of a file; expected the executable of Jaeger 2.");
        await (_rejecting?.DisposeAsync() ?? default);
        _rejecting = null;
        configuration ??= [HostingFile("jaeger.yaml"), HostingFile("dashboard.yaml"), HostingFile("span-metrics.yaml")];
        _jaeger = ChildProcess.Start(
            program,
            configuration.Select(file => $"--config={file}"),
            new Dictionary<string, string?>(environment ?? [])
            {
                ["DASHBOARD_OTLP_ENDPOINT"] = DashboardOtlp.OriginalString,
                ["DASHBOARD_OTLP_API_KEY"] = "none",
            });
        await _jaeger.WaitForLineAsync("Everything is ready");
    }

    /// <returns>The path of a configuration file of MilvusTracing.Hosting.</returns>
    public static string HostingFile(string name) => Path.Combine(BuiltProject.Root, "src", "MilvusTracing.Hosting", "Jaeger", name);

    public async Task KillJaegerAsync() => await _jaeger!.DisposeAsync();

    /// <summary>Stops Jaeger as an orchestrator does: it closes its store.</summary>
    public Task StopJaegerAsync()
    {
        _jaeger!.Signal();
        return _jaeger.WaitForExitAsync();
    }

    /// <summary>Suspends Jaeger: the system accepts connections, and nothing responds.</summary>
    public void FreezeJaeger() => _jaeger!.Suspend();

    public void ResumeJaeger() => _jaeger!.Resume();

    /// <summary>Replaces Jaeger by a server that rejects every request, until <see cref="StartJaegerAsync"/>.</summary>
    public async Task RejectAsync()
    {
        await KillJaegerAsync();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, Otlp.Port, listen => listen.Protocols = HttpProtocols.Http2));
        _rejecting = builder.Build();
        _rejecting.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        await _rejecting.StartAsync();
    }

    /// <returns>The number of spans, of one service or of all, that a backend has of these traces.</returns>
    public async Task<int> CountAsync(ITraceBackend backend, IEnumerable<string> traceIds, string? service = null)
    {
        var spans = 0;
        foreach (var id in traceIds)
        {
            var trace = await backend.GetTraceAsync(id, _cancellationToken);
            spans += trace?.Spans.Count(span => service is null || span.Service == service) ?? 0;
        }

        return spans;
    }

    /// <summary>Waits until a backend has all spans of these traces.</summary>
    /// <returns>The number of spans.</returns>
    public async Task<int> WaitForAllAsync(ITraceBackend backend, IReadOnlyCollection<string> traceIds)
    {
        var (last, count) = (-1, 0);
        while (count != last)
        {
            last = count;
            // Milvus's core exports every 5 s.
            await Task.Delay(TimeSpan.FromSeconds(6), _cancellationToken);
            count = await CountAsync(backend, traceIds);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await (_rejecting?.DisposeAsync() ?? default);
        await (_jaeger?.DisposeAsync() ?? default);
        await _dashboard.DisposeAsync();
    }
}
