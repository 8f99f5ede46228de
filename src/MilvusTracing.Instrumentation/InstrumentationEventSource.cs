using System.Diagnostics.Tracing;

namespace MilvusTracing.Instrumentation;

/// <summary>Where failures of the instrumentation go, which are never the application's.</summary>
/// <remarks>Read by OpenTelemetry's own self-diagnostics, which listens to sources whose names begin so.</remarks>
[EventSource(Name = "OpenTelemetry-Instrumentation-MilvusClient")]
internal sealed class InstrumentationEventSource : EventSource
{
    public static readonly InstrumentationEventSource Log = new();

    [NonEvent]
    public void Failed(string what, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.All))
        {
            Failed(what, exception.ToString());
        }
    }

    [Event(1, Message = "'{0}' failed: {1}", Level = EventLevel.Error)]
    private void Failed(string what, string exception) => WriteEvent(1, what, exception);
}
