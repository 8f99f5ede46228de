namespace MilvusTracing.Verifier.Diagnosis;

/// <summary>A possible cause, and how much the evidence speaks for it, from 0 to 1.</summary>
internal sealed record Finding(double Likelihood, Cause Cause)
{
    public Finding(double likelihood, string code, string message, string mend)
        : this(likelihood, new Cause(code, message, mend))
    {
    }
}
