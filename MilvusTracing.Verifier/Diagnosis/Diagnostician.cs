using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>Finds out why a trace falls short.</summary>
internal static class Diagnostician
{
    public static Task<IReadOnlyList<Cause>> FindCausesAsync(
        VerificationRequest request, string? traceId, Snapshot snapshot, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Cause>>([.. snapshot.Backends.Select(backend => backend.Failure).OfType<Cause>()]);
}
