namespace MilvusTracing.Verification;

/// <summary>What to verify, where, and how long to wait for it.</summary>
public sealed record VerificationRequest
{
    /// <summary>The service whose latest trace is verified unless told otherwise.</summary>
    public const string DefaultService = "milvus-client";

    internal static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(10);

    /// <summary>Where to look, at least one. What several hold is judged together, and what one lacks is told.</summary>
    public required IReadOnlyList<ITraceBackend> Backends { get; init; }

    /// <summary>The trace, or null for the latest one of <see cref="Service"/>.</summary>
    public TraceReference? Trace { get; init; }

    /// <summary>The service that makes the client calls.</summary>
    public string Service { get; init; } = DefaultService;

    /// <summary>The longest time to wait until the trace is complete; zero looks once.</summary>
    public TimeSpan Wait { get; init; } = DefaultWait;

    /// <summary>
    /// How long exporters hold spans back. A trace whose last span ended longer ago, and to which nothing came since, is complete.
    /// The default is the batch delay of the OpenTelemetry specification, which Milvus's C++ core always has.
    /// </summary>
    public TimeSpan ExportDelay { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>How far a verification is.</summary>
/// <param name="Elapsed">The time since it began.</param>
/// <param name="Wait">The longest that it waits.</param>
/// <param name="Verdict">The trace as it stands; null while no span of it has come.</param>
public sealed record VerificationProgress(TimeSpan Elapsed, TimeSpan Wait, Verdict? Verdict)
{
    /// <summary>One line for a user who waits.</summary>
    /// <returns>What has come, and how long it has been waited for more.</returns>
    public override string ToString() =>
        (Verdict is null
            ? "waiting for the trace"
            : $"{Verdict.JoinedCalls} of {Verdict.ClientCalls} client calls joined, {Verdict.Spans} spans; waiting for more")
        + FormattableString.Invariant($" ({Elapsed.TotalSeconds:0} s of at most {Wait.TotalSeconds:0.#} s)");
}
