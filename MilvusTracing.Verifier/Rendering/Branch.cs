using MilvusTracing.Verifier.Model;

namespace MilvusTracing.Verifier.Rendering;

/// <summary>A span with what is below it, or a run of equal ones of which the slowest is shown.</summary>
internal sealed class Branch(Span span, bool isOrphan, List<Branch> children)
{
    private readonly int _shape = ShapeOf(span, children);

    public Span Span { get; private set; } = span;

    public bool IsOrphan { get; } = isOrphan;

    public List<Branch> Children { get; private set; } = children;

    public int Count { get; private set; } = 1;

    public DateTimeOffset Start { get; private set; } = span.Start;

    public DateTimeOffset End { get; private set; } = span.End;

    /// <summary>All spans in it, the folded ones too.</summary>
    public int Spans { get; private set; } = 1 + children.Sum(child => child.Spans);

    public bool IsShown { get; set; }

    /// <summary>Takes a later sibling in, if both look the same down to their last child.</summary>
    public bool TryFold(Branch sibling)
    {
        if (_shape != sibling._shape || Span.Name != sibling.Span.Name || Span.Service != sibling.Span.Service || IsOrphan != sibling.IsOrphan)
        {
            return false;
        }

        if (sibling.Span.Duration > Span.Duration)
        {
            (Span, Children) = (sibling.Span, sibling.Children);
        }

        Count += sibling.Count;
        Spans += sibling.Spans;
        Start = sibling.Start < Start ? sibling.Start : Start;
        End = sibling.End > End ? sibling.End : End;
        return true;
    }

    private static int ShapeOf(Span span, List<Branch> children)
    {
        var hash = new HashCode();
        hash.Add(span.Service);
        hash.Add(span.Name);
        hash.Add(span.Kind);
        hash.Add(span.IsError);
        foreach (var child in children)
        {
            hash.Add(child._shape);
        }

        return hash.ToHashCode();
    }
}
