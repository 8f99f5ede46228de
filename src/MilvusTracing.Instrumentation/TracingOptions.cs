namespace MilvusTracing.Instrumentation;

/// <summary>The options of all tracer providers as one: what not every one of them wants is left out.</summary>
internal sealed class TracingOptions(MilvusClientTraceInstrumentationOptions[] all)
{
    private readonly Func<HttpRequestMessage, bool>[] _filters = [.. all.Select(options => options.Filter).OfType<Func<HttpRequestMessage, bool>>()];

    public bool RecordReturnedRows { get; } = all.All(options => options.RecordReturnedRows);

    public bool RecordFilter { get; } = all.All(options => options.RecordFilter);

    public bool SetSpanName { get; } = all.All(options => options.SetSpanName);

    public bool ShouldRecord(HttpRequestMessage request)
    {
        try
        {
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
