using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace MilvusTracing.Verification;

/// <summary>Identifies a trace by its id, or by a W3C <c>traceparent</c>, which also has the sampled flag.</summary>
/// <param name="TraceId">32 lower-case hexadecimal digits.</param>
/// <param name="Sampled">The sampled flag of the traceparent; null if only an id was given.</param>
public sealed record TraceReference(string TraceId, bool? Sampled = null)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Describes what <see cref="TryParse"/> accepts, for error messages.</summary>
    public const string Expected = "1 to 32 hexadecimal digits, not all zero, or a traceparent such as 00-<32 digits>-<16 digits>-01";

    /// <summary>Parses a trace id, with or without leading zeros, or a <c>traceparent</c> (W3C Trace Context).</summary>
    /// <param name="text">The text to parse; surrounding white space is ignored.</param>
    /// <param name="reference">The trace, if the text is valid.</param>
    /// <returns>Whether the text is valid.</returns>
    /// <example><code>TraceReference.TryParse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", out var trace)</code></example>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TraceReference? reference)
    {
        text = text?.Trim().ToLowerInvariant();
        reference = NormalizeTraceId(text) is { } id ? new TraceReference(id)
            : ActivityContext.TryParse(text, null, out var context)
                ? new TraceReference(context.TraceId.ToHexString(), context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            : null;
        return reference is not null;
    }

    internal static string? NormalizeTraceId(string? text) => Normalize(text, 32);

    internal static string? NormalizeSpanId(string? text) => Normalize(text, 16);

    /// <summary>Restores leading zeros, which Jaeger omits. Returns null for an invalid id and for all zeros.</summary>
    private static string? Normalize(string? text, int digits) =>
        string.IsNullOrEmpty(text) || text.Length > digits || text.AsSpan().ContainsAnyExcept(HexDigits) || !text.AsSpan().ContainsAnyExcept('0')
            ? null
            : text.ToLowerInvariant().PadLeft(digits, '0');
}
