using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.ServiceDefaults;

/// <summary>
/// Tells in the log when a destination does not take telemetry. The exporters say so in their event source alone, on the
/// thread that exports, where OpenTelemetry's own logger is silent: a warning is never itself exported.
/// </summary>
internal sealed partial class ExportWarnings(
    TelemetrySettings settings, TimeProvider clock, ILogger<ExportWarnings> logger) : EventListener
{
    private const string ExporterEvents = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Destination, long> _lastWarnings = [];

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == ExporterEvents)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.Payload is [string endpoint, ..]
            && new[] { settings.OtlpEndpoint, settings.Jaeger }.FirstOrDefault(to => to?.Is(endpoint) == true) is { } destination
            && IsDue(destination))
        {
            LogFailure(logger, endpoint, destination.Setting, Reason(eventData.Payload), destination.Advice);
        }
    }

    private bool IsDue(Destination destination)
    {
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            if (_lastWarnings.TryGetValue(destination, out var last) && clock.GetElapsedTime(last, now) < _interval)
            {
                return false;
            }

            _lastWarnings[destination] = now;
            return true;
        }
    }

    /// <summary>The last of the event's values: a gRPC status, or an exception with its stack trace.</summary>
    private static string Reason(IReadOnlyList<object?> payload)
    {
        var lines = $"{payload[^1]}".Split('\n', StringSplitOptions.TrimEntries);
        return lines[0];
    }

    [LoggerMessage(LogLevel.Warning, "{Endpoint} ({Setting}) does not take telemetry: {Reason}. {Advice} The application goes on; what is not taken is lost.")]
    private static partial void LogFailure(ILogger logger, string endpoint, string setting, string reason, string advice);
}
