namespace MilvusTracing.Verification;

/// <summary>Finds the causes of a trace that is not joined or incomplete.</summary>
internal static class Diagnosis
{
    /// <returns>The causes, the most likely first; none if the trace is joined, complete in every backend, and all clocks agree.</returns>
    public static async Task<IReadOnlyList<Cause>> FindCausesAsync(VerificationRequest request, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var failures = snapshot.Backends.Select(backend => backend.Failure).OfType<Cause>().ToList();
        if (failures.Count == snapshot.Backends.Count)
        {
            return failures;
        }

        var findings = snapshot.Trace is { } trace ? ClockRules.Apply(trace.Graph) : [];
        if (!snapshot.IsComplete)
        {
            var evidence = await Evidence.CollectAsync(request, snapshot, cancellationToken).ConfigureAwait(false);
            findings = snapshot.Trace is null
                ? MissingTraceRules.Apply(evidence)
                : [.. findings, .. CallRules.Apply(evidence), .. RoleRules.Apply(evidence), .. ParentRules.Apply(evidence), .. BackendRules.Apply(evidence)];
        }

        return
        [
            .. failures,
            .. findings.OrderByDescending(finding => finding.Likelihood).Select(finding => new Cause(finding.Code, finding.Message, finding.Fix)),
        ];
    }
}
