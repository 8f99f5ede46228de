using MilvusTracing.Verification;

namespace MilvusTracing.Cli;

/// <summary>Adds the option that helps to a cause, which the library words without options.</summary>
internal static class Hints
{
    public const string NoTrace = "'milvus-trace verify' finds the cause.";

    private const double MinLongerWait = 10;

    /// <param name="cause">The cause.</param>
    /// <param name="wait">How long the command waited.</param>
    public static string? For(Cause cause, TimeSpan wait) => cause.Code switch
    {
        CauseCodes.BatchPending => FormattableString.Invariant($"Wait longer: --wait {Math.Ceiling(Math.Max(2 * wait.TotalSeconds, MinLongerWait))}s"),
        CauseCodes.ServiceUnknown or CauseCodes.NoTraces => "Name another service: --service NAME",
        CauseCodes.KeyRefused => $"Pass the API key: {SharedOptions.KeyOption} KEY, or set {SharedOptions.KeyVariable}",
        CauseCodes.BackendUnreachable or CauseCodes.CertificateUntrusted when BackendOption.Find(cause.Backend) is { } option =>
            $"Set the address: {option.Name} URL or {option.Variable}; the longest time to wait: --wait TIME",
        _ => null,
    };
}
