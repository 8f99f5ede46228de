using MilvusTracing.Verifier.Backends;
using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Verification;

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

    /// <summary>The longest time to wait until the trace is still; zero looks once.</summary>
    public TimeSpan Wait { get; init; } = DefaultWait;

    /// <summary>
    /// How long exporters hold spans back. A trace whose last span ended longer ago, and to which nothing came since, is still.
    /// The default is the batch delay of the OpenTelemetry specification, which Milvus's C++ core always has.
    /// </summary>
    public TimeSpan ExportDelay { get; init; } = TimeSpan.FromSeconds(5);
}
