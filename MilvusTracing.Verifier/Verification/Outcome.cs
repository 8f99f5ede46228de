namespace MilvusTracing.Verifier.Verification;

/// <summary>What came of a verification; the numbers are the command's exit codes.</summary>
public enum Outcome
{
    /// <summary>The trace is joined in every backend.</summary>
    Joined = 0,

    /// <summary>There is no trace, or it is not joined in every backend.</summary>
    NotJoined = 1,

    /// <summary>A backend could not be asked.</summary>
    CouldNotCheck = 2,
}
