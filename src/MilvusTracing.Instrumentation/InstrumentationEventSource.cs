using System.Diagnostics.Tracing;

namespace MilvusTracing.Instrumentation;

/// <summary>Reports failures of the instrumentation, which never reach the application.</summary>
/// <remarks>OpenTelemetry's self-diagnostics listens to event sources whose names start with "OpenTelemetry-".</remarks>
[EventSource(Name = "OpenTelemetry-Instrumentation-MilvusClient")]
internal sealed class InstrumentationEventSource : EventSource
{
    public static readonly InstrumentationEventSource Log = new();

    private int _unreadableResponses;

    [NonEvent]
    public void Failed(string operation, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.All))
        {
            Failed(operation, exception.ToString());
        }
    }

    /// <summary>Reports the first response whose message cannot be read.</summary>
    /// <param name="reason">Why not.</param>
    [NonEvent]
    public void ResponseNotRead(string reason)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.All) && Interlocked.Exchange(ref _unreadableResponses, 1) == 0)
        {
            ResponsesNotRead(reason);
        }
    }

    [Event(1, Message = "'{0}' failed: {1}", Level = EventLevel.Error)]
    private void Failed(string operation, string exception) => WriteEvent(1, operation, exception);

    [Event(
        2,
        Message = "A response of Milvus was not read: {0}. Errors that Milvus reports with gRPC's status OK are recorded as successful calls."
            + " Reported once.",
        Level = EventLevel.Warning)]
    private void ResponsesNotRead(string reason) => WriteEvent(2, reason);
}
