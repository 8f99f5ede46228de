using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>One line of the waterfall: a span, or a run of equal siblings.</summary>
internal sealed record WaterfallRow
{
    /// <summary>The span, the slowest of a run.</summary>
    public required Span Span { get; init; }

    /// <summary>How many equal siblings the line stands for.</summary>
    public required int Count { get; init; }

    /// <summary>When the first one began.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When the last one ended.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>Whether the span's parent is in no span.</summary>
    public required bool IsOrphan { get; init; }

    /// <summary>How many branches directly below were left out.</summary>
    public required int LeftOut { get; init; }

    /// <summary>For each level below the top, from the outermost, whether more siblings follow on it; the last is the row's own.</summary>
    public required IReadOnlyList<bool> Continues { get; init; }

    /// <summary>The name without its package, how often it ran, and what is wrong with it.</summary>
    public string Label =>
        (Span.IsError ? "✗ " : IsOrphan ? "? " : "")
        + ShortName(Printable.Of(Span.Name))
        + (Count > 1 ? $" ×{Count}" : "")
        + (LeftOut > 0 ? $" (+{LeftOut})" : "");

    /// <summary>How long the span took; of a run, how long each did at most.</summary>
    public string Duration => (Count > 1 ? "≤" : "") + Durations.Format(Span.Duration);

    private static string ShortName(string name)
    {
        var slash = name.IndexOf('/');
        return slash < 0 ? name : name[(name.LastIndexOf('.', slash) + 1)..];
    }
}
