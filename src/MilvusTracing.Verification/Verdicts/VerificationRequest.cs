namespace MilvusTracing.Verification;

/// <summary>Which trace to verify, in which backends, and how long to wait for it.</summary>
public sealed record VerificationRequest
{
    /// <summary>The default of <see cref="Service"/>.</summary>
    public const string DefaultService = "milvus-client";

    internal static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(10);

    /// <summary>The backends to read, at least one. The spans of all are merged, and the report says what each one lacks.</summary>
    public required IReadOnlyList<ITraceBackend> Backends { get; init; }

    /// <summary>
    /// The trace; null for the latest trace of <see cref="Service"/> with a call of Milvus. A named trace may begin in a caller that
    /// exports nothing, such as a browser or a test: the parent of a service's first server span need not exist.
    /// </summary>
    public TraceReference? Trace { get; init; }

    /// <summary>The <c>service.name</c> of the service that calls Milvus.</summary>
    public string Service { get; init; } = DefaultService;

    /// <summary>The longest time to wait for a complete trace; 10 s by default, zero reads once.</summary>
    public TimeSpan Wait { get; init; } = DefaultWait;

    /// <summary>
    /// How long exporters delay spans. A trace is complete if its last span ended longer ago and no more spans have arrived since.
    /// The default is 5 s, the batch delay of the OpenTelemetry specification, which Milvus's C++ core always uses.
    /// </summary>
    public TimeSpan ExportDelay { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>The progress of a verification.</summary>
/// <param name="Elapsed">The time since it began.</param>
/// <param name="Wait">The longest time it takes.</param>
/// <param name="Verdict">The verdict on the spans so far; null while there are none.</param>
public sealed record VerificationProgress(TimeSpan Elapsed, TimeSpan Wait, Verdict? Verdict)
{
    /// <summary>Describes the progress for a user who waits.</summary>
    /// <returns>One line: what has arrived, the time elapsed and the time limit.</returns>
    public override string ToString() =>
        (Verdict is null
            ? "waiting for the first span"
            : $"{Verdict.JoinedCalls} of {Verdict.ClientCalls} client calls joined, {Verdict.Spans} spans; waiting for more")
        + FormattableString.Invariant($" ({Elapsed.TotalSeconds:0} s of at most {Wait.TotalSeconds:0.#} s)");
}
