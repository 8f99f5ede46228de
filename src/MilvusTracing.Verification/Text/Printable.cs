using System.Globalization;
using System.Text;

namespace MilvusTracing.Verification;

/// <summary>Makes text from spans and servers safe to print.</summary>
internal static class Printable
{
    /// <summary>
    /// Returns the text on one line and cut to a length. Control and format characters, which could move a terminal's cursor or reverse the
    /// line, are replaced.
    /// </summary>
    public static string Of(string? text, int maxLength = 300)
    {
        if (string.IsNullOrEmpty(text) || (text.Length <= maxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            return text ?? "";
        }

        var printable = new StringBuilder(Math.Min(text.Length, maxLength) + 2);
        foreach (var rune in text.EnumerateRunes())
        {
            if (printable.Length >= maxLength)
            {
                return printable.Append('…').ToString();
            }

            printable.Append((IsUnsafe(rune) ? Rune.ReplacementChar : rune).ToString());
        }

        return printable.ToString();
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
