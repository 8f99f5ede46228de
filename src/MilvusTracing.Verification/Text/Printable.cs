using System.Globalization;
using System.Text;

namespace MilvusTracing.Verification;

/// <summary>Makes text that came from elsewhere safe to show.</summary>
internal static class Printable
{
    private const int LongestName = 300;

    /// <summary>The text on one line, every control or format character replaced, since one could move the cursor or turn the line round, and cut where it is long.</summary>
    public static string Of(string? text, int longest = LongestName)
    {
        if (string.IsNullOrEmpty(text) || (text.Length <= longest && text.All(c => c is >= ' ' and <= '~')))
        {
            return text ?? "";
        }

        var made = new StringBuilder(Math.Min(text.Length, longest) + 2);
        foreach (var rune in text.EnumerateRunes())
        {
            if (made.Length >= longest)
            {
                return made.Append('…').ToString();
            }

            made.Append((IsUnsafe(rune) ? Rune.ReplacementChar : rune).ToString());
        }

        return made.ToString();
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
