namespace MilvusTracing.Verification;

/// <summary>The result of a verification. The values are the exit codes of <c>milvus-trace</c>.</summary>
public enum Outcome
{
    /// <summary>The trace is joined in every backend.</summary>
    Joined = 0,

    /// <summary>The trace is not joined in every backend, or no backend holds the trace with the given id.</summary>
    NotJoined = 1,

    /// <summary>A backend could not be read, or the service has not sent a trace yet (<see cref="VerificationReport.TraceId"/> is null).</summary>
    CouldNotCheck = 2,
}

/// <summary>What one backend holds of the trace.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Url">The backend's address; null for one in this process.</param>
/// <param name="Spans">The number of spans it holds.</param>
/// <param name="Missing">The ids of the spans that only other backends hold.</param>
/// <param name="Failure">Why the backend could not be read; null if it could.</param>
public sealed record BackendResult(string Name, Uri? Url, int Spans, IReadOnlyList<string> Missing, Cause? Failure)
{
    internal bool Joined { get; init; }
}

/// <summary>The report of a verification: verdict, causes and waterfall, as data, text, Markdown and JSON.</summary>
public sealed class VerificationReport
{
    private readonly Snapshot _snapshot;

    internal VerificationReport(VerificationRequest request, Snapshot snapshot, IReadOnlyList<Cause> causes)
    {
        _snapshot = snapshot;
        Service = request.Service;
        TraceId = request.Trace?.TraceId ?? snapshot.Trace?.Id;
        Causes = causes;
        Outcome = Backends.Any(backend => backend.Failure is not null) || TraceId is null ? Outcome.CouldNotCheck
            : Backends.All(backend => backend.Joined) && Verdict is { Joined: true } ? Outcome.Joined
            : Outcome.NotJoined;
    }

    /// <summary>The service whose trace was to be verified.</summary>
    public string Service { get; }

    /// <summary>The id of the trace; null if none was given and the service has no trace.</summary>
    public string? TraceId { get; }

    /// <summary>The trace, merged from all backends; null if none holds a span of it.</summary>
    public TraceData? Trace => _snapshot.Trace;

    /// <summary>The verdict on <see cref="Trace"/>; null if there is none.</summary>
    public Verdict? Verdict => _snapshot.Verdict;

    /// <summary>The waterfall of <see cref="Trace"/>; null if there is none.</summary>
    public Waterfall? Waterfall => Trace is null ? null : field ??= new Waterfall(Trace);

    /// <summary>What each backend holds, in the order of the request.</summary>
    public IReadOnlyList<BackendResult> Backends => _snapshot.Backends;

    /// <summary>Why the trace is not joined or incomplete, the most likely cause first; empty if nothing is wrong.</summary>
    public IReadOnlyList<Cause> Causes { get; private set; }

    /// <summary>The result.</summary>
    public Outcome Outcome { get; }

    /// <summary>Returns a copy of the report with causes that are known from elsewhere, such as Milvus's log, before its own.</summary>
    /// <param name="known">The causes. Each replaces the report's own cause with the same <see cref="Cause.Code"/>.</param>
    /// <returns>The copy.</returns>
    public VerificationReport WithCauses(IReadOnlyList<Cause> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        var copy = (VerificationReport)MemberwiseClone();
        copy.Causes = [.. known, .. Causes.Where(cause => known.All(other => other.Code != cause.Code))];
        return copy;
    }

    /// <summary>Returns the verdict as one line.</summary>
    /// <returns>
    /// A line such as
    /// <c>joined: 12 of 12 client calls, 1 root, 0 orphans, 96 spans (milvus-client 22, standalone 72, segcore 2); dashboard 96 of 96</c>.
    /// </returns>
    public string ToVerdictLine() => ReportText.VerdictLine(this);

    /// <summary>Returns waterfall, verdict and causes as plain text, for logs and redirected output.</summary>
    /// <returns>Several lines.</returns>
    public string ToPlainText() => ReportText.PlainText(this);

    /// <summary>Returns verdict, causes and waterfall as Markdown. Names of spans and services are escaped.</summary>
    /// <param name="jaeger">The address of Jaeger's UI, for a link to the trace; null for no link.</param>
    /// <param name="dashboard">The address of the Aspire dashboard, for a link to the trace; null for no link.</param>
    /// <returns>Several paragraphs.</returns>
    public string ToMarkdown(Uri? jaeger = null, Uri? dashboard = null) => ReportText.Markdown(this, jaeger, dashboard);

    /// <summary>Returns the report as JSON.</summary>
    /// <returns>One object: traceId, joined, roots, orphans, clientCalls, joinedCalls, unansweredInternalCalls, errors, services, backends, causes.</returns>
    public string ToJson() => ReportJson.Of(this);
}
