using MilvusTracing.Verifier.Diagnosis;
using MilvusTracing.Verifier.Model;
using MilvusTracing.Verifier.Rendering;
using Spectre.Console;

namespace MilvusTracing.Verifier.Verification;

/// <summary>The result of a verification, and the ways to show it.</summary>
public sealed class VerificationReport
{
    private readonly Snapshot _snapshot;

    internal VerificationReport(string? traceId, Snapshot snapshot, IReadOnlyList<Cause> causes)
    {
        _snapshot = snapshot;
        TraceId = traceId;
        Causes = causes;
    }

    /// <summary>The trace that was judged; null where none was found.</summary>
    public string? TraceId { get; }

    /// <summary>The trace, put together from every backend; null where none holds a span of it.</summary>
    public TraceData? Trace => _snapshot.Trace;

    /// <summary>The figures of <see cref="Trace"/>; null where there is none.</summary>
    public Verdict? Verdict => _snapshot.Verdict;

    /// <summary>What each backend holds, in the request's order.</summary>
    public IReadOnlyList<BackendResult> Backends => _snapshot.Backends;

    /// <summary>Why the trace falls short, most likely first; empty where it does not.</summary>
    public IReadOnlyList<Cause> Causes { get; }

    /// <summary>What came of it.</summary>
    public Outcome Outcome =>
        Backends.Any(backend => backend.Failure is not null) ? Outcome.CouldNotCheck
        : Backends.All(backend => backend.Joined) && Verdict is { Joined: true } ? Outcome.Joined
        : Outcome.NotJoined;

    /// <summary>
    /// The verdict in one line, such as
    /// <c>joined: 12 of 12 client calls, 1 root, 0 orphans, 96 spans (milvus-client 22, standalone 72, segcore 2); dashboard 96 of 96</c>.
    /// </summary>
    public string ToVerdictLine() => VerdictLine.Of(this);

    /// <summary>The waterfall, the verdict and the causes as plain text for logs and redirected output.</summary>
    public string ToPlainText() => PlainText.Of(this, _snapshot.Graph);

    /// <summary>The waterfall alone as plain text, for those who show verdict and causes their own way; empty where there is no trace.</summary>
    public string ToWaterfall() => PlainText.WaterfallOf(this, _snapshot.Graph);

    /// <summary>The report as one JSON object: traceId, joined, roots, orphans, clientCalls, joinedCalls, services, backends, causes.</summary>
    public string ToJson() => ReportJson.Of(this);

    /// <summary>Draws the waterfall, the verdict and the causes; as plain text where the console is too narrow for bars or no terminal.</summary>
    /// <param name="console">Where to.</param>
    public void WriteTo(IAnsiConsole console) => ConsoleReport.Write(this, _snapshot.Graph, console);
}
