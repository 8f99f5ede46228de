using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Sends what is left when the host is disposed, which every end of an application comes to: SIGTERM, Ctrl+C, a failed
/// start. The container disposes it after the application's services, whose last spans count, and before the providers,
/// which would take 5 seconds each.
/// </summary>
internal sealed partial class TelemetryLifetime : IHostedService, IDisposable
{
    /// <summary>In all, milliseconds.</summary>
    private const int Limit = 5_000;

    /// <summary>Leaves a moment to tell in the log what was not delivered, on a busy machine too.</summary>
    private const int FlushTimeout = Limit - 500;

    private readonly Action[] _shutdowns;

    public TelemetryLifetime(
        TracerProvider traces,
        MeterProvider metrics,
        LoggerProvider logs,
        TelemetrySettings settings,
        ExportWarnings warnings,
        ILogger<ExportWarnings> logger)
    {
        _shutdowns =
        [
            () => traces.Shutdown(FlushTimeout),
            () => metrics.Shutdown(FlushTimeout),
            () => logs.Shutdown(FlushTimeout),
        ];
        warnings.Logger = logger;
        foreach (var sentence in settings.Ignored)
        {
            LogIgnored(logger, sentence);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => Parallelly.Start(_shutdowns, shutdown => shutdown()).Wait(Limit);

    [LoggerMessage(4, LogLevel.Warning, "{Sentence}")]
    private static partial void LogIgnored(ILogger logger, string sentence);
}
