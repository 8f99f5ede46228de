using System.Diagnostics.Tracing;

namespace MilvusTracing.Instrumentation;

/// <summary>Reports failures of the instrumentation, which never reach the application.</summary>
/// <remarks>OpenTelemetry's self-diagnostics listens to event sources whose names start with "OpenTelemetry-".</remarks>
[EventSource(Name = "OpenTelemetry-Instrumentation-MilvusClient")]
internal sealed class InstrumentationEventSource : EventSource
{
    public static readonly InstrumentationEventSource Log = new();

    [NonEvent]
    public void Failed(string operation, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.All))
        {
            Failed(operation, exception.ToString());
        }
    }

    [Event(1, Message = "'{0}' failed: {1}", Level = EventLevel.Error)]
    private void Failed(string operation, string exception) => WriteEvent(1, operation, exception);
}
