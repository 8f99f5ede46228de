using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Logs what OpenTelemetry reports only to its event sources: failed exports, at most once a minute for each endpoint, and
/// dropped items. Exporters run on threads where OpenTelemetry's logger is suppressed, so these warnings are not exported.
/// </summary>
internal sealed partial class ExportWarnings : EventListener, IHostedService
{
    /// <summary>Milliseconds for all providers together; by default they shut down one after the other, with 5 s each.</summary>
    private const int ShutdownTimeout = 5_000;

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _lastWarnings = [];
    private readonly Dictionary<string, Uri> _endpoints;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger? _logger;
    private readonly Action[] _shutdowns;

    public ExportWarnings(
        IConfiguration configuration, TimeProvider timeProvider, ILogger<ExportWarnings> logger,
        TracerProvider traces, MeterProvider metrics, LoggerProvider logs)
    {
        string[] signals = ["TRACES_", "METRICS_", "LOGS_", ""];
        _endpoints = signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT")
            .Where(setting => Uri.IsWellFormedUriString(configuration[setting], UriKind.Absolute))
            .ToDictionary(setting => setting, setting => new Uri(configuration[setting]!));
        _shutdowns = [() => traces.Shutdown(ShutdownTimeout), () => metrics.Shutdown(ShutdownTimeout), () => logs.Shutdown(ShutdownTimeout)];
        (_timeProvider, _logger) = (timeProvider, logger);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Flushes the telemetry. The host disposes this service after the application's own services, which may still record
    /// spans, and before the providers.
    /// </summary>
    public override void Dispose()
    {
        var start = Stopwatch.GetTimestamp();
        // Not on the current task scheduler: it may be waiting for this method.
        Task.WaitAll(
            _shutdowns.Select(shutdown => Task.Factory.StartNew(
                shutdown, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
            CancellationToken.None);
        if (Stopwatch.GetElapsedTime(start).TotalMilliseconds >= ShutdownTimeout && _logger is { } logger)
        {
            LogFlushTimeout(logger, ShutdownTimeout / 1000, string.Join(" and ", _endpoints.Keys));
        }

        base.Dispose();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name is "OpenTelemetry-Exporter-OpenTelemetryProtocol" or "OpenTelemetry-Sdk")
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class starts to listen before the constructor has finished.
        if (_logger is not { } logger)
        {
            return;
        }

        if (eventData is { EventName: "ExistsDroppedExportProcessorItems", Payload: [_, var exporter, var count] })
        {
            LogDropped(logger, count, exporter);
        }
        else if (!IsCanceled(eventData)
            && eventData.Payload is [string address, ..]
            && Uri.TryCreate(address, UriKind.Absolute, out var endpoint)
            && _endpoints.FirstOrDefault(configured => IsSameServer(configured.Value, endpoint)).Key is { } setting
            && IsDue(setting))
        {
            LogFailure(
                logger, endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), setting, Reason(eventData) + Hint(eventData, setting));
        }
    }

    private static bool IsSameServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>Whether the stop of the application has cancelled the export. A timeout has another message.</summary>
    private static bool IsCanceled(EventWrittenEventArgs failure) =>
        failure.EventName == "OperationUnexpectedlyCanceled" || Reason(failure) == "The operation was canceled";

    /// <summary>The last value of an exporter's event is a gRPC status, or an exception with its stack trace.</summary>
    private static string Reason(EventWrittenEventArgs failure)
    {
        var detail = failure.Payload?[^1] as string ?? "";
        if (GrpcStatus().Match(detail) is { Success: true, Groups: var status })
        {
            return $"it responds with {status["code"].Value}{(status["message"].Length > 0 ? $" ({status["message"].Value})" : "")}";
        }

        return ExceptionMessage().Matches(detail).Select(match => match.Groups["message"].Value.TrimEnd('.')).ToList() switch
        {
            [] => $"{failure.EventName} {detail}".TrimEnd(),
            [var outer, var inner, ..] when outer.Contains("see inner exception") => inner,
            [var message, ..] => message,
        };
    }

    /// <summary>The exporter appends the path only to the endpoint for all signals.</summary>
    private static string Hint(EventWrittenEventArgs failure, string setting) =>
        setting != "OTEL_EXPORTER_OTLP_ENDPOINT" && failure.Payload?[^1] is string detail && detail.Contains("404 (Not Found)")
            ? $". The exporter uses {setting} unchanged; with http/protobuf it must end with /v1/{setting.Split('_')[3].ToLowerInvariant()}"
            : "";

    private bool IsDue(string setting)
    {
        lock (_lastWarnings)
        {
            var isDue = !_lastWarnings.TryGetValue(setting, out var last) || _timeProvider.GetElapsedTime(last) >= WarningInterval;
            if (isDue)
            {
                _lastWarnings[setting] = _timeProvider.GetTimestamp();
            }

            return isDue;
        }
    }

    [GeneratedRegex("StatusCode=\"(?<code>\\w+)\", Detail=\"(?<message>[^\r\n]*?)\"")]
    private static partial Regex GrpcStatus();

    [GeneratedRegex(@"^(?: ---> )?[\w.]+Exception(?: \(\w+\))?: (?<message>[^\r\n]+)", RegexOptions.Multiline)]
    private static partial Regex ExceptionMessage();

    [LoggerMessage(1, LogLevel.Warning, "{Endpoint} ({Setting}) does not accept telemetry: {Reason}. "
        + "Check that it is up, that OTEL_EXPORTER_OTLP_*PROTOCOL matches its protocol, and that OTEL_EXPORTER_OTLP_*HEADERS contains its API key "
        + "if it requires one. The application continues; the telemetry is dropped.")]
    private static partial void LogFailure(ILogger logger, string endpoint, string setting, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Exporter} dropped {Count} items because its queue was full. "
        + "Sample fewer traces (OTEL_TRACES_SAMPLER) or increase the queue (OTEL_BSP_MAX_QUEUE_SIZE).")]
    private static partial void LogDropped(ILogger logger, object? count, object? exporter);

    [LoggerMessage(3, LogLevel.Warning, "The remaining telemetry could not be exported within {Seconds} s after the application stopped and is dropped. "
        + "Check {Settings}.")]
    private static partial void LogFlushTimeout(ILogger logger, int seconds, string settings);
}
