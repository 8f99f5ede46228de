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
/// Tells in the log what OpenTelemetry tells in its event sources alone: that a destination does not take telemetry (at
/// most once a minute a destination), and what was dropped. An exporter fails on its own thread, where OpenTelemetry's
/// logger is silent, so such a warning is not exported in its turn.
/// </summary>
internal sealed partial class ExportWarnings : EventListener, IHostedService
{
    /// <summary>Milliseconds in all; by itself each provider would take that long, one after the other.</summary>
    private const int ShutdownLimit = 5_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _lastWarnings = [];
    private readonly Dictionary<string, Uri> _destinations;
    private readonly TimeProvider _clock;
    private readonly ILogger? _logger;
    private readonly Action[] _shutdowns;

    public ExportWarnings(
        IConfiguration settings, TimeProvider clock, ILogger<ExportWarnings> logger, TracerProvider traces, MeterProvider metrics, LoggerProvider logs)
    {
        string[] signals = ["TRACES_", "METRICS_", "LOGS_", ""];
        _destinations = signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT")
            .Where(key => Uri.IsWellFormedUriString(settings[key], UriKind.Absolute))
            .ToDictionary(key => key, key => new Uri(settings[key]!));
        _shutdowns = [() => traces.Shutdown(ShutdownLimit), () => metrics.Shutdown(ShutdownLimit), () => logs.Shutdown(ShutdownLimit)];
        (_clock, _logger) = (clock, logger);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left: after the application's services, whose last spans count, and before the providers are disposed.</summary>
    public override void Dispose()
    {
        var start = Stopwatch.GetTimestamp();
        Task.WaitAll(_shutdowns.Select(shutdown => Task.Factory.StartNew(shutdown, TaskCreationOptions.LongRunning)), CancellationToken.None);
        if (Stopwatch.GetElapsedTime(start).TotalMilliseconds >= ShutdownLimit && _logger is { } logger)
        {
            LogUndelivered(logger, ShutdownLimit / 1000, string.Join(" and ", _destinations.Keys));
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
        // The base class listens before the constructor is through.
        if (_logger is not { } logger)
        {
            return;
        }

        if (eventData is { EventName: "ExistsDroppedExportProcessorItems", Payload: [_, var exporter, var count] })
        {
            LogDropped(logger, count, exporter);
        }
        else if (eventData.EventName != "OperationUnexpectedlyCanceled" // by the end of the application
            && eventData.Payload is [string address, ..]
            && Uri.TryCreate(address, UriKind.Absolute, out var endpoint)
            && _destinations.FirstOrDefault(destination => IsSameServer(destination.Value, endpoint)).Key is { } setting
            && IsDue(setting))
        {
            LogFailure(logger, endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), setting, Reason(eventData));
        }
    }

    private static bool IsSameServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>An exporter's event ends in a gRPC status or in an exception with its stack trace.</summary>
    private static string Reason(EventWrittenEventArgs failure)
    {
        var detail = failure.Payload?[^1] as string ?? "";
        if (GrpcStatus().Match(detail) is { Success: true, Groups: var status })
        {
            return $"it answers {status["code"].Value}{(status["message"].Length > 0 ? $" ({status["message"].Value})" : "")}";
        }

        return ExceptionMessage().Matches(detail).Select(match => match.Groups["message"].Value.TrimEnd('.')).ToList() switch
        {
            [] => $"{failure.EventName} {detail}".TrimEnd(),
            [var outer, var inner, ..] when outer.Contains("see inner exception") => inner,
            [var message, ..] => message,
        };
    }

    private bool IsDue(string setting)
    {
        lock (_lastWarnings)
        {
            var now = _clock.GetTimestamp();
            if (_lastWarnings.TryGetValue(setting, out var last) && _clock.GetElapsedTime(last, now) < Interval)
            {
                return false;
            }

            _lastWarnings[setting] = now;
            return true;
        }
    }

    [GeneratedRegex("StatusCode=\"(?<code>\\w+)\", Detail=\"(?<message>[^\r\n]*?)\"")]
    private static partial Regex GrpcStatus();

    [GeneratedRegex(@"^(?: ---> )?[\w.]+Exception(?: \(\w+\))?: (?<message>[^\r\n]+)", RegexOptions.Multiline)]
    private static partial Regex ExceptionMessage();

    [LoggerMessage(1, LogLevel.Warning, "{Destination} ({Setting}) does not take telemetry: {Reason}. Check that it is up, that OTEL_EXPORTER_OTLP_*PROTOCOL is what it speaks there, and that OTEL_EXPORTER_OTLP_*HEADERS holds its key if it asks for one. The application goes on; what is not taken is lost.")]
    private static partial void LogFailure(ILogger logger, string destination, string setting, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Count} items found the queue of {Exporter} full and are lost. Sample fewer (OTEL_TRACES_SAMPLER) or let more wait (OTEL_BSP_MAX_QUEUE_SIZE).")]
    private static partial void LogDropped(ILogger logger, object? count, object? exporter);

    [LoggerMessage(3, LogLevel.Warning, "The telemetry that was left was not taken within {Seconds} s of the application's end and is lost. Check {Settings}.")]
    private static partial void LogUndelivered(ILogger logger, int seconds, string settings);
}
