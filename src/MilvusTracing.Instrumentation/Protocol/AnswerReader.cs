using System.Runtime.CompilerServices;
using System.Text;

namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>
/// Reads Milvus's status, and counts the rows if asked to, as an answer passes by in pieces of any size: descends into
/// the few fields that matter, skips the others by their length, and keeps no byte but those of the reason. What is no
/// protobuf ends the reading.
/// </summary>
/// <remarks>
/// gRPC says OK where Milvus refused a call: the refusal is in the message, as its field 1 or as all of it. There field 1
/// is Milvus's old error code, 2 the reason and 3 the code.
/// </remarks>
internal struct AnswerReader(bool isStatusAlone, AnsweredRows rowsToCount)
{
    private const int LongestReason = 1024;

    // A field is known by the numbers on the way to it, 5 bits each; all that matter are below 31.
    private const int Bits = 5;
    private const int Root = 1;
    private const int Other = (1 << Bits) - 1;
    private const int FieldOne = (Root << Bits) | 1;
    private const int FieldTwo = (Root << Bits) | 2;

    private readonly int _status = isStatusAlone ? Root : FieldOne;
    private readonly AnsweredRows _rowsToCount = isStatusAlone ? AnsweredRows.None : rowsToCount;
    private Levels _levels = new();
    private int _depth;
    private int _path = Root;
    private Step _step;
    private ulong _varint;
    private int _shift;
    private long _position;
    private long _payloadLeft;
    private bool _keepsPayload;
    private bool _countsPayload;
    private bool _statusIsRead;
    private int _oldCode;
    private int _code;
    private byte[]? _reason;
    private int _reasonLength;
    private long _rows;
    private bool _rowsAreKnown;
    private long _dimension;
    private int _columns;

    private enum Step
    {
        Tag,
        Number,
        Length,
        PropertyFetcher,
    }

    /// <summary>Whether nothing that follows matters.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Milvus's error code; 0: none.</summary>
    public readonly int Code => _code != 0 ? _code : _oldCode;

    /// <summary>What Milvus says of the error; empty where it says nothing.</summary>
    public readonly string Reason => Encoding.UTF8.GetString(_reason.AsSpan(0, _reasonLength));

    /// <summary>How many rows came; null where the answer has none to count, or did not come in whole.</summary>
    public readonly long? Rows => _rowsAreKnown ? _rows : null;

    /// <summary>Takes the next bytes of the message.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsDone)
        {
            if (_step == Step.PropertyFetcher)
            {
                var taken = (int)Math.Min(_payloadLeft, bytes.Length);
                TakePayload(bytes[..taken]);
                bytes = bytes[taken..];
                _position += taken;
                _payloadLeft -= taken;
                if (_payloadLeft == 0)
                {
                    EndField();
                }

                continue;
            }

            _varint |= (ulong)(bytes[0] & 0x7F) << _shift;
            _shift += 7;
            var isLast = bytes[0] < 0x80;
            bytes = bytes[1..];
            _position++;
            if (isLast)
            {
                var value = _varint;
                (_varint, _shift) = (0, 0);
                TakeVarint(value);
            }
            else if (_shift > 63)
            {
                Fail();
            }
        }
    }

    /// <summary>The message has ended.</summary>
    public void End()
    {
        if (_rowsToCount != AnsweredRows.None && !IsDone && _depth == 0 && _step == Step.Tag)
        {
            // A search without a hit has no scores, and a query without one may have no columns.
            _rowsAreKnown = true;
        }

        IsDone = true;
    }

    private void TakeVarint(ulong value)
    {
        switch (_step)
        {
            case Step.Tag:
                TakeTag(value);
                break;
            case Step.Number:
                TakeNumber(value);
                EndField();
                break;
            default:
                TakeLength(value);
                break;
        }
    }

    private void TakeTag(ulong tag)
    {
        var number = tag >> 3;
        _path = (_path << Bits) | (int)Math.Min(number, Other);
        switch ((WireType)(tag & 7))
        {
            case WireType.Varint when number > 0:
                _step = Step.Number;
                break;
            case WireType.Length when number > 0:
                _step = Step.Length;
                break;
            case WireType.Fixed64 when number > 0:
                Skip(sizeof(ulong));
                break;
            case WireType.Fixed32 when number > 0:
                Skip(sizeof(uint));
                break;
            default:
                Fail();
                break;
        }
    }

    private void TakeNumber(ulong value)
    {
        if (_path == ((_status << Bits) | 1))
        {
            _oldCode = (int)value;
        }
        else if (_path == ((_status << Bits) | 3))
        {
            _code = (int)value;
        }
        else if (_path == QueryPath.Dimension)
        {
            _dimension = (long)value;
        }
    }

    private void TakeLength(ulong length)
    {
        var end = _position + (long)length;
        if (length > int.MaxValue || (_depth > 0 && end > _levels[_depth - 1].End))
        {
            Fail();
        }
        else if (_path == ((_status << Bits) | 2))
        {
            (_reason, _reasonLength) = (new byte[Math.Min((int)length, LongestReason)], 0);
            _keepsPayload = true;
            Skip((int)length);
        }
        else if ((_path == FieldOne && _status == FieldOne) || IsOnTheWayToRows((int)length))
        {
            _levels[_depth++] = new Level(_path, end);
            _step = Step.Tag;
            LeaveLevels();
        }
        else
        {
            Skip((int)length);
        }
    }

    /// <summary>
    /// A search's answer has a score a row. A query's has columns, of which the first is counted: rows of eight bytes, of
    /// four, of a varint, or, of text, bytes and the like, one field each.
    /// </summary>
    private bool IsOnTheWayToRows(int length)
    {
        if (_rowsToCount == AnsweredRows.Search)
        {
            if (_path == SearchPath.Scores)
            {
                _rows += length / sizeof(float);
            }

            return _path == FieldTwo;
        }

        if (_rowsToCount != AnsweredRows.Query)
        {
            return false;
        }

        switch (_path)
        {
            case FieldTwo:
                return _columns++ == 0;
            case QueryPath.Scalars or QueryPath.Vectors:
            case QueryPath.Booleans or QueryPath.Integers or QueryPath.Longs or QueryPath.Floats or QueryPath.Doubles:
            case QueryPath.Texts or QueryPath.ByteStrings or QueryPath.Arrays or QueryPath.Jsons or QueryPath.FloatVectors:
                return true;
            case QueryPath.BooleanData or QueryPath.IntegerData or QueryPath.LongData:
                _countsPayload = true;
                return false;
            case QueryPath.FloatData:
                _rows += length / sizeof(float);
                return false;
            case QueryPath.DoubleData:
                _rows += length / sizeof(double);
                return false;
            case QueryPath.TextData or QueryPath.ByteStringData or QueryPath.ArrayData or QueryPath.JsonData:
                _rows++;
                return false;
            case QueryPath.FloatVectorData:
                _rows += length / sizeof(float) / Math.Max(1, _dimension);
                return false;
            case QueryPath.BinaryVectors:
                _rows += length * 8L / Math.Max(1, _dimension);
                return false;
            case QueryPath.Float16Vectors or QueryPath.BFloat16Vectors:
                _rows += length / 2 / Math.Max(1, _dimension);
                return false;
            default:
                return false;
        }
    }

    private void Skip(int length)
    {
        _payloadLeft = length;
        _step = Step.PropertyFetcher;
        if (length == 0)
        {
            EndField();
        }
    }

    private void TakePayload(ReadOnlySpan<byte> bytes)
    {
        if (_keepsPayload)
        {
            var kept = bytes[..Math.Min(bytes.Length, _reason!.Length - _reasonLength)];
            kept.CopyTo(_reason.AsSpan(_reasonLength));
            _reasonLength += kept.Length;
        }
        else if (_countsPayload)
        {
            foreach (var b in bytes)
            {
                // Each varint has one byte, its last, without the high bit.
                _rows += b < 0x80 ? 1 : 0;
            }
        }
    }

    private void EndField()
    {
        _keepsPayload = _countsPayload = false;
        _path >>= Bits;
        _step = Step.Tag;
        LeaveLevels();
    }

    /// <summary>Leaves the messages that end here.</summary>
    private void LeaveLevels()
    {
        while (_depth > 0 && _position >= _levels[_depth - 1].End)
        {
            if (_position > _levels[_depth - 1].End)
            {
                Fail();
                return;
            }

            var left = _levels[--_depth].Path;
            _path = left >> Bits;
            _statusIsRead |= left == FieldOne && _status == FieldOne;
            _rowsAreKnown |= left == FieldTwo;
        }

        IsDone = _statusIsRead && (_rowsToCount == AnsweredRows.None || _rowsAreKnown || Code != 0);
    }

    private void Fail() => (IsDone, _rowsAreKnown) = (true, false);

    /// <summary>In SearchResults: results, scores.</summary>
    private static class SearchPath
    {
        public const int Scores = (FieldTwo << Bits) | 4;
    }

    /// <summary>In QueryResults: fields_data, then scalars or vectors, then the kind of data, then data.</summary>
    private static class QueryPath
    {
        public const int Scalars = (FieldTwo << Bits) | 3;
        public const int Booleans = (Scalars << Bits) | 1;
        public const int Integers = (Scalars << Bits) | 2;
        public const int Longs = (Scalars << Bits) | 3;
        public const int Floats = (Scalars << Bits) | 4;
        public const int Doubles = (Scalars << Bits) | 5;
        public const int Texts = (Scalars << Bits) | 6;
        public const int ByteStrings = (Scalars << Bits) | 7;
        public const int Arrays = (Scalars << Bits) | 8;
        public const int Jsons = (Scalars << Bits) | 9;
        public const int BooleanData = (Booleans << Bits) | 1;
        public const int IntegerData = (Integers << Bits) | 1;
        public const int LongData = (Longs << Bits) | 1;
        public const int FloatData = (Floats << Bits) | 1;
        public const int DoubleData = (Doubles << Bits) | 1;
        public const int TextData = (Texts << Bits) | 1;
        public const int ByteStringData = (ByteStrings << Bits) | 1;
        public const int ArrayData = (Arrays << Bits) | 1;
        public const int JsonData = (Jsons << Bits) | 1;

        public const int Vectors = (FieldTwo << Bits) | 4;
        public const int Dimension = (Vectors << Bits) | 1;
        public const int FloatVectors = (Vectors << Bits) | 2;
        public const int BinaryVectors = (Vectors << Bits) | 3;
        public const int Float16Vectors = (Vectors << Bits) | 4;
        public const int BFloat16Vectors = (Vectors << Bits) | 5;
        public const int FloatVectorData = (FloatVectors << Bits) | 1;
    }

    /// <summary>A message that is being read: the way to it, and the position of its end.</summary>
    private readonly record struct Level(int Path, long End);

    /// <summary>The deepest way is that of QueryPath: three messages and a field.</summary>
    [InlineArray(4)]
    private struct Levels
    {
        private Level _first;
    }
}
