using MilvusTracing.Verifier.Diagnosis;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

/// <summary>What one backend holds of the trace.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Url">Where it is; null for one in this process.</param>
/// <param name="Spans">How many spans of the trace it holds.</param>
/// <param name="Missing">The ids of the spans that another backend holds and this one lacks.</param>
/// <param name="Failure">Why it could not be asked, or null.</param>
public sealed record BackendResult(string Name, Uri? Url, int Spans, IReadOnlyList<string> Missing, Cause? Failure)
{
    internal TraceData? Trace { get; init; }

    internal bool Joined { get; init; }
}
