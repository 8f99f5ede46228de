namespace MilvusTracing.Verification;

/// <summary>A place that holds traces: Jaeger, the Aspire dashboard, or a store of one's own.</summary>
/// <remarks>A method that cannot ask throws <see cref="BackendException"/>, whose cause the report then shows.</remarks>
public interface ITraceBackend
{
    /// <summary>The name in the verdict, such as <c>jaeger</c>.</summary>
    string Name { get; }

    /// <summary>Where the backend is, or null for one in this process.</summary>
    Uri? Url { get; }

    /// <summary>The services that the backend knows.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Each service once.</returns>
    Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken);

    /// <summary>One trace with all spans that the backend holds of it by now.</summary>
    /// <param name="traceId">32 lower-case hexadecimal digits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The trace, or null where the backend holds no span of it.</returns>
    Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken);

    /// <summary>The latest traces in which a service has spans; none where the service is unknown.</summary>
    /// <param name="query">Which traces, and how many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The traces, in any order.</returns>
    Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken);
}

/// <summary>A service that a backend knows.</summary>
/// <param name="Name">Its <c>service.name</c>.</param>
/// <param name="HasTraces">False where the backend has other signals of it, logs or metrics, and no span.</param>
public sealed record ServiceInfo(string Name, bool HasTraces = true);

/// <summary>Which traces to find.</summary>
/// <param name="Service">The service that has spans in them.</param>
/// <param name="Limit">The most traces to return, latest ones first chosen.</param>
/// <param name="From">Start no earlier than this.</param>
/// <param name="To">Start no later than this.</param>
public sealed record TraceQuery(string Service, int Limit, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>A backend could not be asked.</summary>
/// <param name="cause">Why, and what to do about it.</param>
/// <param name="innerException">The failure underneath, if any.</param>
public sealed class BackendException(Cause cause, Exception? innerException = null) : Exception(cause.Message, innerException)
{
    /// <summary>Why the backend could not be asked, and what to do about it.</summary>
    public Cause Cause { get; } = cause;
}
