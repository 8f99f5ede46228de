using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Tells in the log what a destination does not take, at most once a minute a destination. Exporters tell failures in
/// their event source alone, on the thread that exports, where OpenTelemetry's logger is silent: such a warning is not
/// exported in its turn.
/// </summary>
internal sealed partial class ExportWarnings(TelemetrySettings settings, TimeProvider clock) : EventListener
{
    private const string ExporterEvents = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    /// <summary>What the exporter tells of requests that it drops itself, because the application ends.</summary>
    private const string Cancelled = "OperationUnexpectedlyCanceled";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Destination, long> _lastWarnings = [];

    /// <summary>Given late, because logging is itself among what is exported.</summary>
    public ILogger? Logger { private get; set; }

    /// <summary>Spans were dropped since the last warning because the queue was full.</summary>
    /// <returns>Whether it was told.</returns>
    public bool TryDropped(Destination destination, long count)
    {
        if (Logger is not { } logger || !IsDue(destination))
        {
            return false;
        }

        LogDropped(logger, destination, count);
        return true;
    }

    /// <summary>The application ends; these spans never left it, or were dropped and not told yet.</summary>
    public void Undelivered(Destination destination, long count)
    {
        if (Logger is { } logger)
        {
            LogUndelivered(logger, destination, count);
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == ExporterEvents)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName != Cancelled
            && Logger is { } logger
            && eventData.Payload is [string address, ..]
            && Uri.TryCreate(address, UriKind.Absolute, out var endpoint)
            && settings.Destinations.FirstOrDefault(destination => destination.IsSameServer(endpoint)) is { } destination
            && IsDue(destination))
        {
            LogFailure(logger, destination, ExportFailure.Describe(eventData), destination.Advice);
        }
    }

    private bool IsDue(Destination destination)
    {
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            if (_lastWarnings.TryGetValue(destination, out var last) && clock.GetElapsedTime(last, now) < Interval)
            {
                return false;
            }

            _lastWarnings[destination] = now;
            return true;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Destination} does not take telemetry: {Reason}. {Advice} The application goes on; what is not taken is lost.")]
    private static partial void LogFailure(ILogger logger, Destination destination, string reason, string advice);

    [LoggerMessage(2, LogLevel.Warning, "{Destination} takes spans more slowly than they come: {Count} dropped. Sample fewer (OTEL_TRACES_SAMPLER) or let more wait (OTEL_BSP_MAX_QUEUE_SIZE).")]
    private static partial void LogDropped(ILogger logger, Destination destination, long count);

    [LoggerMessage(3, LogLevel.Warning, "{Destination} was too slow for {Count} spans; they are lost.")]
    private static partial void LogUndelivered(ILogger logger, Destination destination, long count);
}
