namespace MilvusTracing.Verifier.Verification;

/// <summary>How far a verification is.</summary>
/// <param name="Elapsed">The time since it began.</param>
/// <param name="Wait">The longest that it waits.</param>
/// <param name="Verdict">The trace as it stands; null while no span of it has come.</param>
public sealed record VerificationProgress(TimeSpan Elapsed, TimeSpan Wait, Verdict? Verdict)
{
    /// <summary>One line for a user who waits.</summary>
    public override string ToString() =>
        (Verdict is null
            ? "waiting for the trace"
            : $"{Verdict.JoinedCalls} of {Verdict.ClientCalls} client calls joined, {Verdict.Spans} spans; waiting for more")
        + FormattableString.Invariant($" ({Elapsed.TotalSeconds:0} s of at most {Wait.TotalSeconds:0.#} s)");
}
