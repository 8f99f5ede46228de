using Spectre.Console.Rendering;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>Text measured in terminal cells: a wide character takes two.</summary>
internal static class Cells
{
    public static int Width(string text) => new Segment(text).CellCount();

    /// <summary>Cuts to a width, with an ellipsis for what is missing; null does not cut.</summary>
    public static string Cut(string text, int? width)
    {
        if (width is not { } most || Width(text) <= most)
        {
            return text;
        }

        var end = Math.Min(text.Length, most);
        while (end > 0 && (Width(text[..end]) > most - 1 || char.IsHighSurrogate(text[end - 1])))
        {
            end--;
        }

        return text[..end] + "…";
    }

    public static string Pad(string text, int width)
    {
        var cut = Cut(text, width);
        return cut + new string(' ', Math.Max(0, width - Width(cut)));
    }
}
