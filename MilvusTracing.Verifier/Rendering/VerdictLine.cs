using MilvusTracing.Verifier.Verification;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>The verdict in one line.</summary>
internal static class VerdictLine
{
    public static string Of(VerificationReport report)
    {
        var word = report.Outcome switch
        {
            Outcome.Joined => "joined",
            Outcome.NotJoined => "not joined",
            _ => "could not check",
        };
        if (report.Verdict is not { } verdict)
        {
            return report.Outcome == Outcome.CouldNotCheck
                ? $"{word}: {string.Join(", ", report.Backends.Where(backend => backend.Failure is not null).Select(backend => $"{backend.Name} gives no answer"))}"
                : $"{word}: no such trace";
        }

        var services = string.Join(", ", verdict.Services.Select(service => $"{Printable.Of(service.Key)} {service.Value}"));
        var errors = verdict.Errors > 0 ? $", {Count(verdict.Errors, "error")}" : "";
        return $"{word}: {verdict.JoinedCalls} of {verdict.ClientCalls} client calls, {Count(verdict.Roots, "root")}, {Count(verdict.Orphans, "orphan")}{errors}, "
            + $"{Count(verdict.Spans, "span")} ({services}){Backends(report, verdict)}";
    }

    /// <summary>A number with its noun.</summary>
    public static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    /// <summary>The first backend is worth a word only where it falls short; the others are what the user asked to compare.</summary>
    private static string Backends(VerificationReport report, Verdict verdict) => string.Concat(
        report.Backends
            .Where((backend, i) => i > 0 || backend.Failure is not null || backend.Spans != verdict.Spans)
            .Select(backend => backend.Failure is null
                ? $"; {backend.Name} {backend.Spans} of {verdict.Spans}"
                : $"; {backend.Name} gives no answer"));
}
