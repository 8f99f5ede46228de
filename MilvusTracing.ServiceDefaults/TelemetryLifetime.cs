using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Sends what is left when the host is disposed, which every end of an application comes to: SIGTERM, Ctrl+C, a failed
/// start. The container disposes it after the application's services, whose last spans count, and before the providers,
/// which would take 5 seconds each.
/// </summary>
internal sealed class TelemetryLifetime(
    TracerProvider traces, MeterProvider metrics, LoggerProvider logs, ExportWarnings warnings) : IHostedService, IDisposable
{
    /// <summary>In all, milliseconds.</summary>
    private const int FlushTimeout = 5_000;

    private readonly ExportWarnings _warnings = warnings;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => Parallelly.Run(
        [() => traces.Shutdown(FlushTimeout), () => metrics.Shutdown(FlushTimeout), () => logs.Shutdown(FlushTimeout)],
        FlushTimeout);
}
