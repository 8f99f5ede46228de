using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MilvusTracing.Verification;

/// <summary>Identifies a trace by its id, or by a W3C <c>traceparent</c>, which also has the sampled flag.</summary>
/// <param name="TraceId">32 lower-case hexadecimal digits.</param>
/// <param name="Sampled">The sampled flag of the traceparent; null if only an id was given.</param>
public sealed record TraceReference(string TraceId, bool? Sampled = null)
{
    /// <summary>Describes what <see cref="TryParse"/> accepts, for error messages.</summary>
    public const string Expected = "1 to 32 hexadecimal digits, not all zero, or a traceparent such as 00-<32 digits>-<16 digits>-01";

    private const int TraceDigits = 32;
    private const int SpanDigits = 16;

    /// <summary>Parses a trace id, with or without leading zeros, or a <c>traceparent</c> (W3C Trace Context).</summary>
    /// <param name="text">The text to parse; surrounding white space is ignored.</param>
    /// <param name="reference">The trace, if the text is valid.</param>
    /// <returns>Whether the text is valid.</returns>
    /// <example><code>TraceReference.TryParse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", out var trace)</code></example>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TraceReference? reference)
    {
        reference = (text?.Trim().Split('-') ?? []) switch
        {
            [var id] when NormalizeTraceId(id) is { } traceId => new TraceReference(traceId),
            [{ Length: 2 } version, { Length: TraceDigits } id, { Length: SpanDigits } spanId, { Length: 2 } flags]
                when version.All(char.IsAsciiHexDigit)
                && NormalizeTraceId(id) is { } traceId
                && NormalizeSpanId(spanId) is not null
                && byte.TryParse(flags, NumberStyles.AllowHexSpecifier, null, out var bits) => new TraceReference(traceId, (bits & 1) == 1),
            _ => null,
        };
        return reference is not null;
    }

    internal static string? NormalizeTraceId(string? text) => Normalize(text, TraceDigits);

    internal static string? NormalizeSpanId(string? text) => Normalize(text, SpanDigits);

    /// <summary>Restores leading zeros, which Jaeger omits. Returns null for an invalid id and for all zeros.</summary>
    private static string? Normalize(string? text, int digits) =>
        string.IsNullOrEmpty(text) || text.Length > digits || !text.All(char.IsAsciiHexDigit) || text.All(c => c == '0')
            ? null
            : text.ToLowerInvariant().PadLeft(digits, '0');
}
