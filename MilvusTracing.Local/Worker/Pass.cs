using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Local.Worker;

/// <summary>A pass of the worker, as its log tells.</summary>
/// <param name="Passed">Whether all its operations succeeded.</param>
/// <param name="Trace">Its trace; null where it was not sampled.</param>
/// <param name="Ended">When the log told.</param>
internal sealed record Pass(bool Passed, TraceReference? Trace, DateTimeOffset Ended);
