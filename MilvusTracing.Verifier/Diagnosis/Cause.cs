namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Why a trace falls short, as far as the evidence goes, and what to do about it.</summary>
/// <param name="Code">A fixed name for programs, one of <see cref="CauseCodes"/>.</param>
/// <param name="Message">What was found, in one sentence.</param>
/// <param name="Mend">What to do, in one sentence.</param>
public sealed record Cause(string Code, string Message, string Mend);
