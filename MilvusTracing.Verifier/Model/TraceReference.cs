using System.Diagnostics.CodeAnalysis;

namespace MilvusTracing.Verifier.Model;

/// <summary>The trace to look for: a trace id, or a whole W3C <c>traceparent</c>, which also tells whether it was sampled.</summary>
/// <param name="TraceId">32 lower-case hexadecimal digits.</param>
/// <param name="Sampled">The traceparent's sampled flag; null where only an id was given.</param>
public sealed record TraceReference(string TraceId, bool? Sampled = null)
{
    /// <summary>What <see cref="TryParse"/> accepts, for messages.</summary>
    public const string Expected = "1 to 32 hexadecimal digits, not all zero, or a traceparent such as 00-<32 digits>-<16 digits>-01";

    /// <summary>Reads a trace id, whose leading zeros may be missing as Jaeger prints it, or a traceparent.</summary>
    /// <param name="text">The text to read; white space around it does not matter.</param>
    /// <param name="reference">The trace, when the text is well-formed.</param>
    /// <returns>Whether the text is well-formed.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TraceReference? reference)
    {
        reference = null;
        var parts = text?.Trim().Split('-') ?? [];
        if (parts.Length == 1 && HexId.Normalize(parts[0], HexId.TraceDigits) is { } id)
        {
            reference = new TraceReference(id);
        }
        else if (parts.Length == 4
            && parts[0].Length == 2 && parts[0].All(char.IsAsciiHexDigit)
            && parts[1].Length == HexId.TraceDigits && HexId.Normalize(parts[1], HexId.TraceDigits) is { } traceId
            && parts[2].Length == HexId.SpanDigits && HexId.Normalize(parts[2], HexId.SpanDigits) is not null
            && parts[3].Length == 2 && byte.TryParse(parts[3], System.Globalization.NumberStyles.AllowHexSpecifier, null, out var flags))
        {
            reference = new TraceReference(traceId, (flags & 1) == 1);
        }

        return reference is not null;
    }
}
