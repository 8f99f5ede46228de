namespace MilvusTracing.Verifier.Model;

/// <summary>Trace and span ids as W3C Trace Context writes them: lower case, all digits there.</summary>
internal static class HexId
{
    public const int TraceDigits = 32;
    public const int SpanDigits = 16;

    /// <summary>Restores the leading zeros that Jaeger leaves out; null for what is no id, or all zeros.</summary>
    public static string? Normalize(string? text, int digits)
    {
        if (string.IsNullOrEmpty(text) || text.Length > digits || !text.All(char.IsAsciiHexDigit) || text.All(c => c == '0'))
        {
            return null;
        }

        return text.ToLowerInvariant().PadLeft(digits, '0');
    }
}
