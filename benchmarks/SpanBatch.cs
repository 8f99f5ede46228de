using System.Security.Cryptography;
using Google.Protobuf;

namespace MilvusTracing.Benchmarks;

/// <summary>An export of spans as it came over the wire (an <c>ExportTraceServiceRequest</c>), to be sent again under other trace ids.</summary>
internal sealed class SpanBatch
{
    /// <summary>The field numbers from the request to a span's trace id: resource_spans, scope_spans, spans, trace_id.</summary>
    private static readonly int[] TraceIdPath = [1, 2, 2, 1];

    private readonly byte[] _message;
    private readonly List<int> _traceIds = [];

    public SpanBatch(byte[] message)
    {
        _message = message;
        Find(0, message.Length, TraceIdPath);
    }

    public int Spans => _traceIds.Count;

    public int Bytes => _message.Length;

    /// <summary>Puts small exports together, as an exporter with more to send would have: all of the fields repeat.</summary>
    /// <param name="batches">The exports.</param>
    /// <param name="spans">How many spans fill one.</param>
    public static IEnumerable<SpanBatch> Fill(IEnumerable<SpanBatch> batches, int spans)
    {
        List<SpanBatch> taken = [];
        foreach (var batch in batches)
        {
            taken.Add(batch);
            if (taken.Sum(one => one.Spans) >= spans)
            {
                yield return Join();
            }
        }

        if (taken.Count > 0)
        {
            yield return Join();
        }

        SpanBatch Join()
        {
            var joined = new SpanBatch([.. taken.SelectMany(one => one._message)]);
            taken.Clear();
            return joined;
        }
    }

    /// <summary>What makes other ids of the ids of all batches, the same in each.</summary>
    public static byte[] NewMask() => RandomNumberGenerator.GetBytes(16);

    public byte[] Under(byte[] mask)
    {
        var message = _message.AsSpan().ToArray();
        foreach (var at in _traceIds)
        {
            for (var i = 0; i < mask.Length; i++)
            {
                message[at + i] ^= mask[i];
            }
        }

        return message;
    }

    private void Find(int start, int end, ReadOnlySpan<int> path)
    {
        if (path.IsEmpty)
        {
            _traceIds.Add(start);
            return;
        }

        using var input = new CodedInputStream(_message, start, end - start);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == path[0])
            {
                var length = input.ReadBytes().Length;
                var to = (int)input.Position;
                Find(to - length, to, path[1..]);
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
