using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Finds out why a trace falls short.</summary>
internal static class Diagnostician
{
    /// <returns>The causes, most likely first; none for a trace that is joined and the same in every backend.</returns>
    public static async Task<IReadOnlyList<Cause>> FindCausesAsync(
        VerificationRequest request, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var failures = snapshot.Backends.Select(backend => backend.Failure).OfType<Cause>().ToList();
        if (snapshot.IsComplete || failures.Count == snapshot.Backends.Count)
        {
            return failures;
        }

        var evidence = await Evidence.CollectAsync(request, snapshot, cancellationToken);
        var findings = snapshot.Trace is null
            ? MissingTraceRules.Apply(evidence)
            : CallRules.Apply(evidence).Concat(ParentRules.Apply(evidence)).Concat(BackendRules.Apply(evidence));
        return [.. failures, .. findings.OrderByDescending(finding => finding.Likelihood).Select(finding => finding.Cause)];
    }
}
