namespace MilvusTracing.Verification;

/// <summary>What came of a verification; the numbers are the command's exit codes.</summary>
public enum Outcome
{
    /// <summary>The trace is joined in every backend.</summary>
    Joined = 0,

    /// <summary>There is no trace, or it is not joined in every backend.</summary>
    NotJoined = 1,

    /// <summary>A backend could not be asked.</summary>
    CouldNotCheck = 2,
}

/// <summary>What one backend holds of the trace.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Url">Where it is; null for one in this process.</param>
/// <param name="Spans">How many spans of the trace it holds.</param>
/// <param name="Missing">The ids of the spans that another backend holds and this one lacks.</param>
/// <param name="Failure">Why it could not be asked, or null.</param>
public sealed record BackendResult(string Name, Uri? Url, int Spans, IReadOnlyList<string> Missing, Cause? Failure)
{
    internal bool Joined { get; init; }
}

/// <summary>The result of a verification, and the ways to show it.</summary>
public sealed class VerificationReport
{
    internal VerificationReport(string? traceId, Snapshot snapshot, IReadOnlyList<Cause> causes)
    {
        Snapshot = snapshot;
        TraceId = traceId;
        Causes = causes;
    }

    /// <summary>The trace that was judged; null where none was found.</summary>
    public string? TraceId { get; }

    /// <summary>The trace, put together from every backend; null where none holds a span of it.</summary>
    public TraceData? Trace => Snapshot.Trace;

    /// <summary>The figures of <see cref="Trace"/>; null where there is none.</summary>
    public Verdict? Verdict => Snapshot.Verdict;

    /// <summary>What each backend holds, in the request's order.</summary>
    public IReadOnlyList<BackendResult> Backends => Snapshot.Backends;

    /// <summary>Why the trace falls short, most likely first; empty where it does not.</summary>
    public IReadOnlyList<Cause> Causes { get; }

    /// <summary>What came of it.</summary>
    public Outcome Outcome =>
        Backends.Any(backend => backend.Failure is not null) ? Outcome.CouldNotCheck
        : Backends.All(backend => backend.Joined) && Verdict is { Joined: true } ? Outcome.Joined
        : Outcome.NotJoined;

    internal Snapshot Snapshot { get; }

    /// <summary>The verdict in one line.</summary>
    /// <returns>
    /// A line such as
    /// <c>joined: 12 of 12 client calls, 1 root, 0 orphans, 96 spans (milvus-client 22, standalone 72, segcore 2); dashboard 96 of 96</c>.
    /// </returns>
    public string ToVerdictLine() => ReportText.VerdictLine(this);

    /// <summary>The waterfall, the verdict and the causes for logs and redirected output.</summary>
    /// <returns>Plain text of several lines.</returns>
    public string ToPlainText() => ReportText.PlainText(this);

    /// <summary>The waterfall alone, for those who show verdict and causes their own way.</summary>
    /// <returns>Plain text of several lines, empty where there is no trace.</returns>
    public string ToWaterfall() => ReportText.Waterfall(this);

    /// <summary>The verdict, the causes and the waterfall as Markdown; whatever the spans are called, it makes no markup of its own.</summary>
    /// <param name="jaeger">Jaeger's pages, for a link to the trace; null for none.</param>
    /// <returns>Markdown of several paragraphs.</returns>
    public string ToMarkdown(Uri? jaeger = null) => ReportText.Markdown(this, jaeger);

    /// <summary>The report for programs.</summary>
    /// <returns>One JSON object: traceId, joined, roots, orphans, clientCalls, joinedCalls, unansweredInternalCalls, errors, services, backends, causes.</returns>
    public string ToJson() => ReportJson.Of(this);
}
