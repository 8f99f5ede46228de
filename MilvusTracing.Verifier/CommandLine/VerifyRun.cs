using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.CommandLine;

/// <summary>One run of the command.</summary>
/// <param name="Request">What to verify.</param>
/// <param name="Json">Whether to print JSON.</param>
/// <param name="Note">What the user should know beforehand, or null.</param>
internal sealed record VerifyRun(VerificationRequest Request, bool Json, string? Note) : IDisposable
{
    public void Dispose()
    {
        foreach (var backend in Request.Backends.OfType<IDisposable>())
        {
            backend.Dispose();
        }
    }
}
