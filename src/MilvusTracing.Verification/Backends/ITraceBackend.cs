namespace MilvusTracing.Verification;

/// <summary>A store of traces: Jaeger, the Aspire dashboard, or a custom one.</summary>
/// <remarks>A method that cannot read the store throws <see cref="BackendException"/>; the report shows its cause.</remarks>
public interface ITraceBackend
{
    /// <summary>The name in the verdict, such as <c>jaeger</c>.</summary>
    string Name { get; }

    /// <summary>The backend's address, or null for one in this process.</summary>
    Uri? Url { get; }

    /// <summary>Reads the services of which the backend holds telemetry.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>Each service once.</returns>
    Task<IReadOnlyList<ServiceInfo>> GetServicesAsync(CancellationToken cancellationToken);

    /// <summary>Reads one trace, with all spans of it that the backend holds now.</summary>
    /// <param name="traceId">32 lower-case hexadecimal digits.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The trace, or null where the backend holds no span of it.</returns>
    Task<TraceData?> GetTraceAsync(string traceId, CancellationToken cancellationToken);

    /// <summary>Finds the latest traces that contain spans of a service.</summary>
    /// <param name="query">Which traces, and how many at most.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The traces, in any order; none where the service is unknown.</returns>
    Task<IReadOnlyList<TraceData>> FindTracesAsync(TraceQuery query, CancellationToken cancellationToken);
}

/// <summary>A service of which a backend holds telemetry.</summary>
/// <param name="Name">Its <c>service.name</c>.</param>
/// <param name="HasTraces">False where the backend holds only logs or metrics of it.</param>
public sealed record ServiceInfo(string Name, bool HasTraces = true);

/// <summary>Which traces to find.</summary>
/// <param name="Service">The service whose spans the traces contain.</param>
/// <param name="Limit">The maximum number of traces; the latest ones are returned.</param>
/// <param name="From">The earliest start; null for the backend's default, such as the last days.</param>
/// <param name="To">The latest start; null for now.</param>
public sealed record TraceQuery(string Service, int Limit, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>A backend could not be read.</summary>
/// <param name="cause">Why, and what to do about it.</param>
/// <param name="innerException">The underlying exception, if any.</param>
public sealed class BackendException(Cause cause, Exception? innerException = null) : Exception(cause.Message, innerException)
{
    /// <summary>Why the backend could not be read, and what to do about it.</summary>
    public Cause Cause { get; } = cause;
}
