namespace MilvusTracing.Verification;

/// <summary>The spans of one trace, as one backend holds them or merged from several.</summary>
public sealed class TraceData
{
    /// <summary>Creates a trace. Spans with the same id, as after a repeated export, are kept once.</summary>
    /// <param name="id">The trace id: 32 lower-case hexadecimal digits.</param>
    /// <param name="spans">The spans, in any order.</param>
    public TraceData(string id, IEnumerable<Span> spans)
    {
        Id = id;
        Spans = [.. spans.DistinctBy(span => span.Id)];
        Start = Spans.Count == 0 ? DateTimeOffset.UnixEpoch : Spans.Min(span => span.Start);
        End = Spans.Count == 0 ? DateTimeOffset.UnixEpoch : Spans.Max(span => span.End);
    }

    /// <summary>The trace id: 32 lower-case hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>The spans; each id occurs once.</summary>
    public IReadOnlyList<Span> Spans { get; }

    /// <summary>The start of the first span.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>The end of the last span.</summary>
    public DateTimeOffset End { get; }
}
