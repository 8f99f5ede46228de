using System.Globalization;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>Makes text that came from a backend safe for a terminal.</summary>
internal static class Printable
{
    /// <summary>The text with every control or format character replaced: one could move the cursor or turn the line round.</summary>
    public static string Of(string text) => text.Any(IsUnsafe)
        ? string.Concat(text.Select(c => IsUnsafe(c) ? '\uFFFD' : c))
        : text;

    private static bool IsUnsafe(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
