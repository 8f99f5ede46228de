namespace MilvusTracing.Hosting.Logs;

/// <summary>The traces of the requests that Milvus is processing, as far as its log shows them.</summary>
internal sealed class RequestsInFlight
{
    /// <summary>A request without a line for this long is taken as completed.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(30);

    private const int MaxRequests = 100;

    private readonly Dictionary<string, DateTimeOffset> _lastSeen = [];

    /// <summary>Records that an entry was written at a time.</summary>
    public void Observe(MilvusLogEntry entry, DateTimeOffset time)
    {
        if (IsEnd(entry))
        {
            _lastSeen.Remove(entry.TraceId);
        }
        else if (entry.TraceId.Length > 0)
        {
            _lastSeen[entry.TraceId] = time;
            if (_lastSeen.Count > MaxRequests)
            {
                _lastSeen.Remove(_lastSeen.MinBy(request => request.Value).Key);
            }
        }
    }

    /// <summary>Returns the trace ids, the most recently seen first, and forgets them.</summary>
    public IReadOnlyList<string> Take(DateTimeOffset now)
    {
        string[] ids = [.. from request in _lastSeen where now - request.Value < MaxSilence orderby request.Value descending select request.Key];
        _lastSeen.Clear();
        return ids;
    }

    /// <summary>Whether it is the last line of a request: Milvus's proxy writes "Search done", its REST server one line a request.</summary>
    private static bool IsEnd(MilvusLogEntry entry) =>
        entry.File.StartsWith("proxy/", StringComparison.Ordinal)
            ? entry.Message.EndsWith(" done", StringComparison.Ordinal)
                || entry.Message.EndsWith(" failed to enqueue", StringComparison.Ordinal)
                || entry.Message.EndsWith(" failed to WaitToFinish", StringComparison.Ordinal)
            : entry.File.Length == 0 && entry.Fields.Any(field => field.Key == "latency");
}
