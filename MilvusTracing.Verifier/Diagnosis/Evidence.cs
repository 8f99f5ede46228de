using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Diagnosis;

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

    /// <summary>The services that each answering backend knows.</summary>
    public IReadOnlyList<(ITraceBackend Backend, IReadOnlyList<string> Names)> Services { get; private set; } = [];

    /// <summary>Milvus's server spans of client calls that start traces of their own while this trace ran.</summary>
    public IReadOnlyList<Span> MilvusRootsBeside { get; private set; } = [];

    /// <summary>Whether an exporter may still hold spans of this trace back.</summary>
    public bool IsYoung => Snapshot.Trace is { } trace && DateTimeOffset.UtcNow - trace.End < Request.ExportDelay + Transit;

    /// <summary>The option that outlasts every exporter's delay, and this time's wait.</summary>
    public string LongerWait => FormattableString.Invariant($"--wait {Math.Clamp(Math.Ceiling(Request.Wait.TotalSeconds * 2), 10, 3600)}s");

    public bool IsServiceKnown(string service) => Services.Any(known => known.Names.Contains(service));

    public static async Task<Evidence> CollectAsync(
        VerificationRequest request, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var evidence = new Evidence(request, snapshot);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        foreach (var backend in request.Backends.Where((_, i) => snapshot.Backends[i].Failure is null))
        {
            try
            {
                var names = await backend.GetServicesAsync(limit.Token);
                evidence.Services = [.. evidence.Services, (backend, names)];
                evidence.MilvusRootsBeside = [.. evidence.MilvusRootsBeside, .. await FindRootsBesideAsync(backend, names, snapshot.Trace, limit.Token)];
            }
            catch (Exception exception) when (exception is BackendException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // It answered a moment ago; what it would have told now is only lacking as evidence.
            }
        }

        return evidence;
    }

    private static async Task<IEnumerable<Span>> FindRootsBesideAsync(
        ITraceBackend backend, IReadOnlyList<string> services, TraceData? trace, CancellationToken cancellationToken)
    {
        if (trace is null)
        {
            return [];
        }

        var found = new List<Span>();
        foreach (var service in MilvusSpans.DefaultServices.Intersect(services))
        {
            var query = new TraceQuery(service, MostTracesBeside, trace.Start - Transit, trace.End + Transit);
            found.AddRange(
                from beside in await backend.FindTracesAsync(query, cancellationToken)
                where beside.Id != trace.Id
                from span in beside.Spans
                where span.ParentId is null && MilvusSpans.IsAnswerToClient(span)
                select span);
        }

        return found;
    }
}
