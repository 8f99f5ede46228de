namespace MilvusTracing.Verification;

/// <summary>What the rules may look at: the trace as it was read, and what the backends hold beside it.</summary>
internal sealed class Evidence
{
    /// <summary>Enough for the calls of a pass among the 20 traces a second that Milvus makes of itself where it samples all.</summary>
    private const int MostTracesBeside = 1_000;

    private static readonly TimeSpan Transit = TimeSpan.FromSeconds(1);

    /// <summary>The longest that looking beside the trace may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private Evidence(VerificationRequest request, Snapshot snapshot)
    {
        Request = request;
        Snapshot = snapshot;
    }

    public VerificationRequest Request { get; }

    public Snapshot Snapshot { get; }

    public TraceGraph Graph => Snapshot.Graph!;

    /// <summary>The services that each answering backend knows.</summary>
    public IReadOnlyList<(ITraceBackend Backend, IReadOnlyList<ServiceInfo> Services)> Known { get; private set; } = [];

    /// <summary>Milvus's server spans of client calls that start traces of their own while this trace ran.</summary>
    public IReadOnlyList<Span> MilvusRootsBeside { get; private set; } = [];

    /// <summary>Whether an exporter may still hold spans of this trace back.</summary>
    public bool IsYoung => Snapshot.Trace is { } trace && DateTimeOffset.UtcNow - trace.End < Request.ExportDelay + Transit;

    /// <summary>The option that outlasts every exporter's delay, and this time's wait.</summary>
    public string LongerWait => FormattableString.Invariant($"--wait {Math.Clamp(Math.Ceiling(Request.Wait.TotalSeconds * 2), 10, 3600)}s");

    /// <summary>Whether a backend holds spans of a service.</summary>
    public bool IsKnown(string service) => Known.Any(known => known.Services.Any(info => info.Name == service && info.HasTraces));

    /// <summary>Whether a backend holds logs or metrics of a service, and no backend a span of it.</summary>
    public bool IsKnownWithoutTraces(string service) => !IsKnown(service) && Known.Any(known => known.Services.Any(info => info.Name == service));

    public static async Task<Evidence> CollectAsync(VerificationRequest request, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var evidence = new Evidence(request, snapshot);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        foreach (var backend in request.Backends.Where((_, i) => snapshot.Backends[i].Failure is null))
        {
            // It answered a moment ago; what it does not tell now is only lacking as evidence.
            var (services, _) = await TraceVerifier.AskAsync(backend, backend => backend.GetServicesAsync(limit.Token)).ConfigureAwait(false);
            var (roots, _) = await TraceVerifier.AskAsync(backend, backend => FindRootsBesideAsync(backend, services ?? [], snapshot.Trace, limit.Token)).ConfigureAwait(false);
            evidence.Known = [.. evidence.Known, (backend, services ?? [])];
            evidence.MilvusRootsBeside = [.. evidence.MilvusRootsBeside, .. roots ?? []];
        }

        cancellationToken.ThrowIfCancellationRequested();
        return evidence;
    }

    private static async Task<IReadOnlyList<Span>> FindRootsBesideAsync(
        ITraceBackend backend, IReadOnlyList<ServiceInfo> services, TraceData? trace, CancellationToken cancellationToken)
    {
        var found = new List<Span>();
        foreach (var service in services.Select(info => info.Name).Intersect(trace is null ? [] : ["standalone", "proxy"]))
        {
            var query = new TraceQuery(service, MostTracesBeside, trace!.Start - Transit, trace.End + Transit);
            found.AddRange(
                from beside in await backend.FindTracesAsync(query, cancellationToken).ConfigureAwait(false)
                where beside.Id != trace.Id
                from span in beside.Spans
                where span.ParentId is null && SpanClassifier.IsAnswerToClient(span)
                select span);
        }

        return found;
    }
}
