namespace MilvusTracing.Verifier.Model;

/// <summary>The spans that one backend, or all of them together, hold of one trace.</summary>
public sealed class TraceData
{
    /// <summary>Makes a trace; a span that occurs twice, as after a repeated export, is kept once.</summary>
    /// <param name="id">The trace id: 32 lower-case hexadecimal digits.</param>
    /// <param name="spans">The spans, in any order.</param>
    public TraceData(string id, IEnumerable<Span> spans)
    {
        Id = id;
        var seen = new HashSet<string>();
        Spans = [.. spans.Where(span => seen.Add(span.Id))];
    }

    /// <summary>The trace id: 32 lower-case hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>The spans, each id once.</summary>
    public IReadOnlyList<Span> Spans { get; }

    internal DateTimeOffset Start => Spans.Count == 0 ? default : Spans.Min(span => span.Start);

    internal DateTimeOffset End => Spans.Count == 0 ? default : Spans.Max(span => span.End);
}
