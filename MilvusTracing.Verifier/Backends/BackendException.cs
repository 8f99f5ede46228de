using MilvusTracing.Verifier.Diagnosis;

namespace MilvusTracing.Verifier.Backends;

/// <summary>A backend could not be asked.</summary>
/// <param name="cause">Why, and what mends it.</param>
/// <param name="innerException">The failure underneath, if any.</param>
public sealed class BackendException(Cause cause, Exception? innerException = null) : Exception(cause.Message, innerException)
{
    /// <summary>Why the backend could not be asked, and what mends it.</summary>
    public Cause Cause { get; } = cause;
}
