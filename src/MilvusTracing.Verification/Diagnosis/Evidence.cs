namespace MilvusTracing.Verification;

/// <summary>The input of the diagnosis rules: the trace, and what the backends hold besides it.</summary>
internal sealed class Evidence
{
    /// <summary>Enough to find the calls of a trace among the 20 traces per second that Milvus itself creates if it samples everything.</summary>
    private const int MaxOtherTraces = 1_000;

    private const int MaxCallerTraces = 20;

    private static readonly TimeSpan Transit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private Evidence(VerificationRequest request, Snapshot snapshot) => (Request, Snapshot) = (request, snapshot);

    public VerificationRequest Request { get; }

    public Snapshot Snapshot { get; }

    public TraceGraph Graph => Snapshot.Trace!.Graph;

    /// <summary>The services that each backend knows.</summary>
    public IReadOnlyList<(ITraceBackend Backend, IReadOnlyList<ServiceInfo> Services)> Known { get; private set; } = [];

    /// <summary>Milvus's server spans of client calls that are roots of other traces of the same time.</summary>
    public IReadOnlyList<SpanNode> OtherMilvusRoots { get; private set; } = [];

    /// <summary>The service that calls Milvus in the trace.</summary>
    public Caller Caller => field ??= new Caller(Snapshot.Trace!, Request.Service);

    /// <summary>Whether a call of the same service is joined in another trace.</summary>
    public bool CallerJoinsElsewhere { get; private set; }

    /// <summary>Whether files are read, whose reader may not be able to change the services.</summary>
    public bool IsFile => Request.Backends.All(backend => backend is TraceFileBackend);

    /// <summary>Whether an exporter may still hold back spans of the trace.</summary>
    public bool IsRecent => Snapshot.Trace is { } trace && DateTimeOffset.UtcNow - trace.End < Request.ExportDelay + Transit;

    /// <summary>Whether a backend has spans of a service.</summary>
    public bool IsKnown(string service) => Known.Any(known => known.Services.Any(info => info.Name == service && info.HasTraces));

    /// <summary>Whether a service has spans in the trace or in a backend.</summary>
    public bool IsPresent(string service) => IsKnown(service) || Graph.Nodes.Any(node => node.Span.Service == service);

    /// <summary>Whether a backend has logs or metrics of a service, and none has spans of it.</summary>
    public bool IsKnownWithoutTraces(string service) => !IsKnown(service) && Known.Any(known => known.Services.Any(info => info.Name == service));

    public static async Task<Evidence> CollectAsync(VerificationRequest request, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var evidence = new Evidence(request, snapshot);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        foreach (var backend in request.Backends.Where((_, i) => snapshot.Backends[i].Failure is null))
        {
            // A backend that fails now only means less evidence.
            var services = (await ReadAsync(backend, backend => backend.GetServicesAsync(limit.Token)).ConfigureAwait(false)).Value ?? [];
            evidence.Known = [.. evidence.Known, (backend, services)];
            if (snapshot.Trace is { } trace)
            {
                var milvus = services.Select(info => info.Name).Intersect(["standalone", "proxy"]);
                var others = await ReadAsync(backend, backend => FindOthersAsync(backend, milvus, trace, limit.Token)).ConfigureAwait(false);
                var roots = (others.Value ?? []).SelectMany(other => other.Graph.Roots).Where(root => SpanClassifier.IsPublicServerSpan(root.Span));
                evidence.OtherMilvusRoots = [.. evidence.OtherMilvusRoots, .. roots];

                var query = new TraceQuery(evidence.Caller.Service, MaxCallerTraces);
                var ofCaller = await ReadAsync(backend, backend => backend.FindTracesAsync(query, limit.Token)).ConfigureAwait(false);
                evidence.CallerJoinsElsewhere |= (ofCaller.Value ?? []).Any(other => other.Id != trace.Id && Verdict.Of(other).JoinedCalls > 0);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return evidence;

        static Task<BackendResponse<IReadOnlyList<T>>> ReadAsync<T>(ITraceBackend backend, Func<ITraceBackend, Task<IReadOnlyList<T>>> read) =>
            BackendResponse<IReadOnlyList<T>>.ReadAsync(backend, read!);
    }

    /// <summary>The traces of services at the time of a trace.</summary>
    private static async Task<IReadOnlyList<TraceData>> FindOthersAsync(
        ITraceBackend backend, IEnumerable<string> services, TraceData trace, CancellationToken cancellationToken)
    {
        var found = new List<TraceData>();
        foreach (var service in services)
        {
            var query = new TraceQuery(service, MaxOtherTraces, trace.Start - Transit, trace.End + Transit);
            found.AddRange((await backend.FindTracesAsync(query, cancellationToken).ConfigureAwait(false)).Where(other => other.Id != trace.Id));
        }

        return found;
    }
}
