using System.Buffers.Text;
using System.Text;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>The parts of a request that spans and metrics record. Its spans point into the bytes of the request.</summary>
internal ref struct RequestSummary
{
    private static readonly string[] ConsistencyLevels = ["Strong", "Session", "Bounded", "Eventually", "Customized"];
    private static readonly string[] MetricTypes = ["L2", "IP", "COSINE", "HAMMING", "JACCARD", "TANIMOTO", "SUBSTRUCTURE", "SUPERSTRUCTURE", "BM25"];

    private int _collections;
    private ulong _consistencyLevel;
    private bool _usesDefaultConsistency;
    private ReadOnlySpan<byte> _metricType;

    /// <summary>Empty if the request has no database.</summary>
    public ReadOnlySpan<byte> Database { get; private set; }

    /// <summary>Empty if the request has no collection, or several.</summary>
    public ReadOnlySpan<byte> Collection { get; private set; }

    public ReadOnlySpan<byte> Filter { get; private set; }

    public ulong Rows { get; private set; }

    public long? TopK { get; private set; }

    public ulong QueryVectors { get; private set; }

    public int OutputFields { get; private set; }

    /// <summary>The ranker of a hybrid search.</summary>
    public ReadOnlySpan<byte> Ranker { get; private set; }

    /// <summary>The number of searches of a hybrid search.</summary>
    public int Requests { get; private set; }

    /// <summary>The name of the level in milvus.proto; null if the level of the collection applies.</summary>
    public readonly string? ConsistencyLevel
        => _usesDefaultConsistency || _consistencyLevel >= (ulong)ConsistencyLevels.Length ? null : ConsistencyLevels[_consistencyLevel];

    /// <summary>The name of the metric type; null if the request has none.</summary>
    public readonly string? MetricType
    {
        get
        {
            foreach (var name in MetricTypes)
            {
                if (Ascii.Equals(_metricType, name))
                {
                    return name;
                }
            }

            return _metricType.IsEmpty ? null : Encoding.UTF8.GetString(_metricType);
        }
    }

    public static RequestSummary Read(ReadOnlySpan<byte> message, RequestFields fields)
    {
        var summary = new RequestSummary();
        for (var field = new ProtobufReader(message); fields.Last > 0 && field.Next() && field.Number <= fields.Last;)
        {
            summary.Add(field, fields);
        }

        if (summary._collections > 1)
        {
            summary.Collection = default;
        }

        return summary;
    }

    private void Add(in ProtobufReader field, RequestFields fields)
    {
        switch (field.Number)
        {
            case var number when number == fields.Collection:
                Collection = field.Bytes;
                _collections++;
                break;
            case var number when number == fields.Database:
                Database = field.Bytes;
                break;
            case var number when number == fields.Rows:
                Rows = field.Value;
                break;
            case var number when number == fields.Filter:
                Filter = field.Bytes;
                break;
            case var number when number == fields.Vectors:
                QueryVectors = CountVectors(field.Bytes);
                break;
            case var number when number == fields.OutputFields:
                OutputFields++;
                break;
            case var number when number == fields.Parameters:
                AddParameter(field.Bytes);
                break;
            case var number when number == fields.VectorCount && field.Value > 0:
                QueryVectors = field.Value;
                break;
            case var number when number == fields.Ids && QueryVectors == 0:
                QueryVectors = CountIds(field.Bytes);
                break;
            case var number when number == fields.Requests:
                Requests++;
                break;
            case var number when number == fields.ConsistencyLevel:
                _consistencyLevel = field.Value;
                break;
            case var number when number == fields.UseDefaultConsistency:
                _usesDefaultConsistency = field.Value != 0;
                break;
        }
    }

    /// <summary>Reads a KeyValuePair: field 1 is the key, field 2 the value.</summary>
    private void AddParameter(ReadOnlySpan<byte> pair)
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

        // Search has "topk", HybridSearch has "limit".
        if ((key.SequenceEqual("topk"u8) || key.SequenceEqual("limit"u8))
            && Utf8Parser.TryParse(value, out long topK, out var length) && length == value.Length)
        {
            TopK = topK;
        }
        else if (key.SequenceEqual("metric_type"u8))
        {
            _metricType = value;
        }
        else if (key.SequenceEqual("strategy"u8))
        {
            Ranker = value;
        }
    }

    /// <summary>Counts the vectors: field 3 of each PlaceholderValue, which is field 1 of the PlaceholderGroup.</summary>
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

    /// <summary>Counts the ids of an IDs: numbers, packed in field 1 of its field 1, or strings, each a field 1 of its field 2.</summary>
    private static ulong CountIds(ReadOnlySpan<byte> ids)
    {
        ulong count = 0;
        for (var kind = new ProtobufReader(ids); kind.Next();)
        {
            for (var field = new ProtobufReader(kind.Bytes); field.Next();)
            {
                count += kind.Number == 1 ? ProtobufReader.CountOfVarints(field.Bytes) : 1;
            }
        }

        return count;
    }
}
