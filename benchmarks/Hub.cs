using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks;

/// <summary>
/// A real Aspire dashboard and, as the hub, a real Jaeger with the configuration that the AppHost gives it, as processes:
/// so that the hub can be stopped, frozen and started again.
/// </summary>
internal sealed class Hub : IAsyncDisposable
{
    public static readonly Uri Otlp = new("http://127.0.0.1:4317");

    public static readonly Uri JaegerUrl = new("http://127.0.0.1:16686");

    private static readonly Uri Status = new("http://127.0.0.1:13133/status");

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private readonly Process _dashboard;
    private Process? _jaeger;

    private Hub(Process dashboard, Uri pages, Uri otlp) => (_dashboard, Dashboard, DashboardOtlp) = (dashboard, new DashboardBackend(pages), otlp);

    public ITraceBackend Jaeger { get; } = new JaegerBackend(JaegerUrl);

    public ITraceBackend Dashboard { get; }

    /// <summary>Where the dashboard takes OTLP/gRPC.</summary>
    public Uri DashboardOtlp { get; }

    public static async Task<Hub> StartAsync(CancellationToken cancellationToken)
    {
        var (pages, otlp) = (new Uri($"http://127.0.0.1:{Bench.FreePort()}"), new Uri($"http://127.0.0.1:{Bench.FreePort()}"));
        var program = typeof(Hub).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Dashboard").Value!;
        var dashboard = Bench.Start(program, [], isServer: true, environment: new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = pages.ToString(),
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = otlp.ToString(),
            ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        });
        var hub = new Hub(dashboard, pages, otlp);
        try
        {
            await WaitAsync("The dashboard", new Uri(pages, "health"), dashboard, cancellationToken);
            await hub.ReturnAsync(cancellationToken);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts Jaeger, or starts it again; it has forgotten what it had.</summary>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <param name="configuration">The YAML files; those that the AppHost lays over each other where null.</param>
    /// <param name="environment">More of what these files read.</param>
    public async Task ReturnAsync(
        CancellationToken cancellationToken, IEnumerable<string>? configuration = null, IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        var program = Environment.GetEnvironmentVariable("JAEGER_PROGRAM") is { Length: > 0 } path && File.Exists(path)
            ? path
            : throw new InvalidOperationException("JAEGER_PROGRAM does not name a file; expected the path of a Jaeger 2 executable.");
        _jaeger = Bench.Start(
            program,
            (configuration ?? [HostingFile("jaeger.yaml"), HostingFile("dashboard.yaml"), HostingFile("span-metrics.yaml")]).Select(file => $"--config={file}"),
            new Dictionary<string, string?>([.. environment ?? [], new("DASHBOARD_OTLP_ENDPOINT", DashboardOtlp.OriginalString), new("DASHBOARD_OTLP_API_KEY", "none")]),
            isServer: true);
        await WaitAsync("Jaeger", Status, _jaeger, cancellationToken);
    }

    /// <summary>A file of the configuration that Hosting gives Jaeger.</summary>
    public static string HostingFile(string name) => Path.GetFullPath(Path.Combine("src", "MilvusTracing.Hosting", "Jaeger", name));

    /// <summary>Jaeger's processor time since its start, and the most memory that it has had.</summary>
    public (TimeSpan Cpu, long PeakBytes) JaegerUse
    {
        get
        {
            _jaeger!.Refresh();
            return (_jaeger.TotalProcessorTime, _jaeger.PeakWorkingSet64);
        }
    }

    public Task StopAsync() => EndAsync(_jaeger);

    /// <summary>Ends Jaeger as an orchestrator does, so that it closes its store.</summary>
    public Task EndAsync()
    {
        Signal(_jaeger!.Id, 15);
        return _jaeger.WaitForExitAsync();
    }

    /// <summary>Takes connections and requests, and does nothing about them.</summary>
    public void Freeze() => Signal(_jaeger!.Id, 19);

    public void Thaw() => Signal(_jaeger!.Id, 18);

    /// <summary>A server in the place of Jaeger, which is stopped, that refuses all.</summary>
    public static Task<WebApplication> RefuseAsync() => ReplaceAsync(context =>
    {
        context.Response.StatusCode = 503;
        return Task.CompletedTask;
    });

    /// <summary>A server in the place of Jaeger, which is stopped.</summary>
    public static async Task<WebApplication> ReplaceAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, Otlp.Port, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    /// <summary>How many spans, of one service or of all, a backend holds of these traces.</summary>
    public static async Task<int> CountAsync(ITraceBackend backend, IEnumerable<string> traceIds, string? service, CancellationToken cancellationToken)
    {
        var spans = 0;
        foreach (var id in traceIds)
        {
            var trace = await backend.GetTraceAsync(id, cancellationToken);
            spans += trace?.Spans.Count(span => service is null || span.Service == service) ?? 0;
        }

        return spans;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_jaeger);
        await EndAsync(_dashboard);
    }

    private static async Task EndAsync(Process? process)
    {
        process?.Kill();
        await (process?.WaitForExitAsync() ?? Task.CompletedTask);
    }

    private static async Task WaitAsync(string name, Uri address, Process process, CancellationToken cancellationToken)
    {
        var last = "it says nothing";
        process.OutputDataReceived += (_, line) => last = line.Data ?? last;
        process.ErrorDataReceived += (_, line) => last = line.Data ?? last;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(20, cancellationToken))
        {
            try
            {
                using var response = await http.GetAsync(address, cancellationToken);
                if (response.IsSuccessStatusCode && !process.HasExited)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(start) > StartLimit)
            {
                throw new InvalidOperationException($"{name} did not come up at {address}: {last}");
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
