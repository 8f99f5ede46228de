namespace MilvusTracing.Verification;

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
        Start = Spans.Count == 0 ? DateTimeOffset.UnixEpoch : Spans.Min(span => span.Start);
        End = Spans.Count == 0 ? DateTimeOffset.UnixEpoch : Spans.Max(span => span.End);
    }

    /// <summary>The trace id: 32 lower-case hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>The spans, each id once.</summary>
    public IReadOnlyList<Span> Spans { get; }

    /// <summary>When its first span began.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When its last span ended.</summary>
    public DateTimeOffset End { get; }
}
