using System.Buffers.Text;
using System.Text;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>What a span says of a request, pointing into the request's bytes.</summary>
internal ref struct RequestSummary
{
    private static readonly string[] ConsistencyLevels = ["Strong", "Session", "Bounded", "Eventually", "Customized"];
    private static readonly string[] MetricTypes = ["L2", "IP", "COSINE", "HAMMING", "JACCARD", "TANIMOTO", "SUBSTRUCTURE", "SUPERSTRUCTURE", "BM25"];

    private int _collections;
    private ulong _consistencyLevel;
    private bool _usesDefaultConsistency;

    /// <summary>Empty where the message names none.</summary>
    public ReadOnlySpan<byte> Database { get; private set; }

    /// <summary>Empty where the message names none, or more than one.</summary>
    public ReadOnlySpan<byte> Collection { get; private set; }

    public ReadOnlySpan<byte> Filter { get; private set; }

    public ulong Rows { get; private set; }

    public long? TopK { get; private set; }

    public ReadOnlySpan<byte> MetricType { get; private set; }

    public ulong QueryVectors { get; private set; }

    public int OutputFields { get; private set; }

    /// <summary>As milvus.proto names it; null where the collection's own applies.</summary>
    public readonly string? ConsistencyLevel
        => _usesDefaultConsistency || _consistencyLevel >= (ulong)ConsistencyLevels.Length ? null : ConsistencyLevels[_consistencyLevel];

    public static RequestSummary Read(ReadOnlySpan<byte> message, RequestFields fields)
    {
        var summary = new RequestSummary();
        var field = new ProtobufReader(message);
        while (fields.Last > 0 && field.Next() && field.Number <= fields.Last)
        {
            summary.Take(field, fields);
        }

        if (summary._collections > 1)
        {
            summary.Collection = default;
        }

        return summary;
    }

    /// <returns>The metric's name without a new string for those that Milvus knows; null where there is none.</returns>
    public readonly string? MetricTypeName()
    {
        foreach (var name in MetricTypes)
        {
            if (MetricType.Length == name.Length && Ascii.Equals(MetricType, name))
            {
                return name;
            }
        }

        return MetricType.IsEmpty ? null : Encoding.UTF8.GetString(MetricType);
    }

    private void Take(in ProtobufReader field, RequestFields fields)
    {
        var number = field.Number;
        if (number == fields.Collection)
        {
            Collection = field.Bytes;
            _collections++;
        }
        else if (number == fields.Database)
        {
            Database = field.Bytes;
        }
        else if (number == fields.Rows)
        {
            Rows = field.Value;
        }
        else if (number == fields.Filter)
        {
            Filter = field.Bytes;
        }
        else if (fields.Search is { } search)
        {
            Take(field, search);
        }
    }

    private void Take(in ProtobufReader field, SearchFields fields)
    {
        var number = field.Number;
        if (number == fields.Vectors)
        {
            QueryVectors = CountVectors(field.Bytes);
        }
        else if (number == fields.OutputFields)
        {
            OutputFields++;
        }
        else if (number == fields.Parameters)
        {
            TakeParameter(field.Bytes);
        }
        else if (number == fields.VectorCount && field.Value > 0)
        {
            QueryVectors = field.Value;
        }
        else if (number == fields.ConsistencyLevel)
        {
            _consistencyLevel = field.Value;
        }
        else if (number == fields.UseDefaultConsistency)
        {
            _usesDefaultConsistency = field.Value != 0;
        }
    }

    /// <summary>A KeyValuePair: key is field 1, value is field 2.</summary>
    private void TakeParameter(ReadOnlySpan<byte> pair)
    {
        ReadOnlySpan<byte> key = default, value = default;
        for (var field = new ProtobufReader(pair); field.Next();)
        {
            if (field.Number == 1)
            {
                key = field.Bytes;
            }
            else if (field.Number == 2)
            {
                value = field.Bytes;
            }
        }

        // A search calls it topk, a hybrid search limit.
        if ((key.SequenceEqual("topk"u8) || key.SequenceEqual("limit"u8))
            && Utf8Parser.TryParse(value, out long topK, out var length) && length == value.Length)
        {
            TopK = topK;
        }
        else if (key.SequenceEqual("metric_type"u8))
        {
            MetricType = value;
        }
    }

    /// <summary>A PlaceholderGroup has PlaceholderValues in field 1, each of which has its vectors in field 3.</summary>
    private static ulong CountVectors(ReadOnlySpan<byte> placeholders)
    {
        ulong count = 0;
        for (var group = new ProtobufReader(placeholders); group.Next();)
        {
            for (var field = new ProtobufReader(group.Number == 1 ? group.Bytes : default); field.Next();)
            {
                count += field.Number == 3 ? 1u : 0u;
            }
        }

        return count;
    }
}
