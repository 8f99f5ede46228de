using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>The trace to look for: a trace id, or a whole W3C <c>traceparent</c>, which also tells whether it was sampled.</summary>
/// <param name="TraceId">32 lower-case hexadecimal digits.</param>
/// <param name="Sampled">The traceparent's sampled flag; null where only an id was given.</param>
public sealed record TraceReference(string TraceId, bool? Sampled = null)
{
    /// <summary>What <see cref="TryParse"/> accepts, for messages.</summary>
    public const string Expected = "1 to 32 hexadecimal digits, not all zero, or a traceparent such as 00-<32 digits>-<16 digits>-01";

    private const int TraceDigits = 32;
    private const int SpanDigits = 16;

    /// <summary>Reads a trace id, whose leading zeros may be missing as Jaeger prints it, or a traceparent (W3C Trace Context).</summary>
    /// <param name="text">The text to read; white space around it does not matter.</param>
    /// <param name="reference">The trace, when the text is well-formed.</param>
    /// <returns>Whether the text is well-formed.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TraceReference? reference)
    {
        reference = null;
        var parts = text?.Trim().Split('-') ?? [];
        if (parts.Length == 1 && NormalizeTraceId(parts[0]) is { } id)
        {
            reference = new TraceReference(id);
        }
        else if (parts.Length == 4
            && parts[0].Length == 2 && parts[0].All(char.IsAsciiHexDigit)
            && parts[1].Length == TraceDigits && NormalizeTraceId(parts[1]) is { } traceId
            && parts[2].Length == SpanDigits && NormalizeSpanId(parts[2]) is not null
            && parts[3].Length == 2 && byte.TryParse(parts[3], NumberStyles.AllowHexSpecifier, null, out var flags))
        {
            reference = new TraceReference(traceId, (flags & 1) == 1);
        }

        return reference is not null;
    }

    internal static string? NormalizeTraceId(string? text) => Normalize(text, TraceDigits);

    internal static string? NormalizeSpanId(string? text) => Normalize(text, SpanDigits);

    /// <summary>Restores the leading zeros that Jaeger leaves out; null for what is no id, or all zeros.</summary>
    private static string? Normalize(string? text, int digits) =>
        string.IsNullOrEmpty(text) || text.Length > digits || !text.All(char.IsAsciiHexDigit) || text.All(c => c == '0')
            ? null
            : text.ToLowerInvariant().PadLeft(digits, '0');
}
