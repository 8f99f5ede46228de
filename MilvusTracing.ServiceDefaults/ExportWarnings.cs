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
internal sealed partial class ExportWarnings(
    IConfiguration configuration, TimeProvider timeProvider, ILogger<ExportWarnings> logger,
    TracerProvider traces, MeterProvider metrics, LoggerProvider logs) : EventListener, IHostedService
{
    /// <summary>Milliseconds for all providers together; by default they shut down one after the other, with 5 s each.</summary>
    private const int ShutdownTimeout = 5_000;

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _lastWarnings = [];

    /// <summary>The name of a setting by the server in its value.</summary>
    private readonly Dictionary<string, string> _settings = new[] { "TRACES_", "METRICS_", "LOGS_", "" }
        .Select(signal => $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT")
        .Where(setting => Uri.IsWellFormedUriString(configuration[setting], UriKind.Absolute))
        .GroupBy(setting => Server(new Uri(configuration[setting]!)))
        .ToDictionary(settings => settings.Key, settings => settings.First());

    private volatile bool _isStopping;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Flushes the telemetry. The host disposes this service after the application's own services, which may still record
    /// spans, and before the providers.
    /// </summary>
    public override void Dispose()
    {
        _isStopping = true;
        var start = Stopwatch.GetTimestamp();
        Func<int, bool>[] shutdowns = [traces.Shutdown, metrics.Shutdown, logs.Shutdown];
        // Not on the current task scheduler: it may be waiting for this method.
        Task.WaitAll(
            shutdowns.Select(shutdown => Task.Factory.StartNew(
                () => shutdown(ShutdownTimeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
            CancellationToken.None);
        if (Stopwatch.GetElapsedTime(start).TotalMilliseconds >= ShutdownTimeout)
        {
            LogFlushTimeout(logger, ShutdownTimeout / 1000, string.Join(" and ", _settings.Values));
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
        if (eventData is { EventName: "ExistsDroppedExportProcessorItems", Payload: [_, var exporter, var count] })
        {
            LogDropped(logger, count, exporter);
        }
        else if (eventData.Payload is [string address, ..]
            && Uri.TryCreate(address, UriKind.Absolute, out var endpoint)
            && _settings.TryGetValue(Server(endpoint), out var setting)
            && Reason(eventData.EventName, eventData.Payload[^1] as string ?? "", setting) is { } reason
            && IsDue(setting))
        {
            LogFailure(logger, Server(endpoint), setting, reason);
        }
    }

    private static string Server(Uri endpoint) => endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    /// <param name="eventName">The exporter's event.</param>
    /// <param name="detail">Its last value: a gRPC status, or an exception with its stack trace.</param>
    /// <param name="setting">The setting of the endpoint.</param>
    /// <returns>Null if the stop of the application has canceled the export.</returns>
    private string? Reason(string? eventName, string detail, string setting)
    {
        if (GrpcStatus().Match(detail) is { Success: true, Groups: var status })
        {
            return $"it responds with {status["code"].Value}{(status["message"].Length > 0 ? $" ({status["message"].Value})" : "")}";
        }

        // The exporter's deadline and HttpClient's timeout are equal: either cancels the request first, and so does the stop.
        if (eventName == "OperationUnexpectedlyCanceled" || detail.Contains("CanceledException"))
        {
            return _isStopping ? null : "it does not respond in time";
        }

        return ExceptionMessage().Matches(detail).Select(match => match.Groups["message"].Value.TrimEnd('.')).ToList() switch
        {
            [] => $"{eventName} {detail}".TrimEnd(),
            [var outer, var inner, ..] when outer.Contains("see inner exception") => inner,
            // The exporter appends the path only to the endpoint for all signals.
            [var message, ..] when message.Contains("404 (Not Found)") && setting.Split('_') is [_, _, _, var signal, _] =>
                $"{message}. The exporter uses {setting} unchanged; with http/protobuf it must end with /v1/{signal.ToLowerInvariant()}",
            [var message, ..] => message,
        };
    }

    private bool IsDue(string setting)
    {
        lock (_lastWarnings)
        {
            if (_lastWarnings.TryGetValue(setting, out var last) && timeProvider.GetElapsedTime(last) < WarningInterval)
            {
                return false;
            }

            _lastWarnings[setting] = timeProvider.GetTimestamp();
            return true;
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
