namespace MilvusTracing.Instrumentation;

/// <summary>The combined options of all tracer providers. A setting is on if it is on for each of them.</summary>
internal sealed class TracingOptions(MilvusClientTraceInstrumentationOptions[] all)
{
    private readonly Func<HttpRequestMessage, bool>[] _filters = [.. all.Select(options => options.Filter).OfType<Func<HttpRequestMessage, bool>>()];

    public bool RecordFilter { get; } = all.All(options => options.RecordFilter);

    public bool RecordReturnedRows { get; } = all.All(options => options.RecordReturnedRows);

    public bool SetSpanName { get; } = all.All(options => options.SetSpanName);

    public bool ShouldRecord(HttpRequestMessage request)
    {
        try
        {
            // A lambda would be allocated for each call.
            foreach (var filter in _filters)
            {
                if (!filter(request))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception exception)
        {
            InstrumentationEventSource.Log.Failed(nameof(MilvusClientTraceInstrumentationOptions.Filter), exception);
            return false;
        }
    }
}
