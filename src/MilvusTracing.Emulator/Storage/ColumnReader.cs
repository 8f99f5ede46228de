using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Turns the columns of an insert or upsert into rows, after the checks that Milvus makes.</summary>
internal static class ColumnReader
{
    /// <summary>The rows of a request; nextId gives the keys of a collection that makes its own.</summary>
    public static IReadOnlyList<Row> Read(Schema schema, InsertRequest request, long partition, Func<long> nextId)
    {
        var count = (int)Math.Min(request.NumRows, int.MaxValue);
        if (count == 0)
        {
            throw MilvusError.InvalidParameter("num_rows should be greater than 0", "invalid num_rows", "0");
        }

        var sent = ByName(schema, request.FieldsData);
        var columns = new object[schema.Fields.Count][];

        // Those that came first: they show that the number of rows is true before anything is made in that number.
        foreach (var field in schema.Fields.OrderByDescending(field => sent.ContainsKey(field.Name)))
        {
            columns[field.Ordinal] = field.Definition.AutoID ? Keys(field, count, nextId) : Column(field, sent.GetValueOrDefault(field.Name), count);
        }

        var rows = new Row[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = new(columns[schema.Key.Ordinal][i], [.. columns.Select(column => column[i])], partition);
        }

        return rows;
    }

    private static Dictionary<string, FieldData> ByName(Schema schema, IReadOnlyCollection<FieldData> columns)
    {
        static string NameOf(FieldData column) => column.IsDynamic ? Schema.DynamicFieldName : column.FieldName;
        var needed = schema.Fields.Count(field => !field.Definition.AutoID);
        if (columns.DistinctBy(NameOf).Count() != columns.Count)
        {
            throw MilvusError.InvalidParameter("duplicated field id found");
        }

        if (columns.Count > needed)
        {
            throw MilvusError.InvalidParameter("the number of fields is less than needed", $"{needed}", $"{columns.Count}");
        }

        return columns.FirstOrDefault(column => schema.Find(NameOf(column)) is null) is { } unknown
            ? throw MilvusError.Unexpected($"field {NameOf(unknown)} not exist")
            : columns.ToDictionary(NameOf);
    }

    private static object[] Keys(Field field, int count, Func<long> nextId)
    {
        var keys = new object[count];
        for (var i = 0; i < count; i++)
        {
            var id = nextId();
            keys[i] = field.Type is DataType.Int64 ? id : id.ToString(CultureInfo.InvariantCulture);
        }

        return keys;
    }

    private static object[] Column(Field field, FieldData? data, int count)
    {
        if (data is null)
        {
            return field switch
            {
                { Definition.IsDynamic: true } => [.. Enumerable.Repeat(JsonValue.EmptyObject, count)],
                { IsVector: true } => throw Mismatch(field, "float vector", "float vector"),
                _ => throw MilvusError.Unexpected($"field {field.Name} has no data in the request, and the emulator has no default values"),
            };
        }

        var scalars = data.Scalars;
        return field.Type switch
        {
            DataType.Bool => Values(field, scalars?.BoolData?.Data, count, "bool"),
            DataType.Int8 => Integers(field, scalars?.IntData?.Data, count, sbyte.MinValue, sbyte.MaxValue),
            DataType.Int16 => Integers(field, scalars?.IntData?.Data, count, short.MinValue, short.MaxValue),
            DataType.Int32 => Integers(field, scalars?.IntData?.Data, count, int.MinValue, int.MaxValue),
            DataType.Int64 => Values(field, scalars?.LongData?.Data, count, "int64"),
            DataType.Float => Values(field, scalars?.FloatData?.Data, count, "float"),
            DataType.Double => Values(field, scalars?.DoubleData?.Data, count, "double"),
            DataType.VarChar => Texts(field, scalars?.StringData?.Data, count),
            DataType.Json => Jsons(field, scalars?.JsonData?.Data, count),
            _ => Vectors(field, data.Vectors?.FloatVector?.Data.ToArray(), data.Vectors?.Dim ?? 0, count),
        };
    }

    private static object[] Values<T>(Field field, IReadOnlyList<T>? data, int count, string kind) =>
        [.. Checked(field, data, count, kind, kind).Cast<object>()];

    private static object[] Integers(Field field, IReadOnlyList<int>? data, int count, long least, long most)
    {
        var values = Checked(field, data, count, field.Type.ToString().ToLowerInvariant(), "int");
        return values.ToList().FindIndex(value => value < least || value > most) is >= 0 and var wrong
            ? throw MilvusError.InvalidParameter($"the {wrong}th element ({values[wrong]}) out of range: [{least}, {most}]", "integer doesn't overflow", "out of range")
            : [.. values.Select(value => (object)(long)value)];
    }

    private static object[] Texts(Field field, IReadOnlyList<string>? data, int count)
    {
        var values = Checked(field, data, count, "varchar", "string");
        return values.ToList().FindIndex(text => Encoding.UTF8.GetByteCount(text) > field.Size) is >= 0 and var wrong
            ? throw MilvusError.InvalidParameter(
                $"the length ({Encoding.UTF8.GetByteCount(values[wrong])}) of {wrong}th string exceeds max length ({field.Size})",
                "valid length string", "string length exceeds max length")
            : [.. values];
    }

    private static object[] Jsons(Field field, IReadOnlyList<ByteString>? data, int count)
    {
        try
        {
            JsonValue[] values = [.. Checked(field, data, count, "json", "json").Select(JsonValue.Parse)];
            if (values.FirstOrDefault(value => value.Root.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null)) is { } other)
            {
                var reason = $"json: cannot unmarshal {other.Root.ValueKind.ToString().ToLowerInvariant()} into Go value of type map[string]interface {{}}";
                throw field.Definition.IsDynamic ? MilvusError.Unexpected(reason) : MilvusError.IoFailed(reason);
            }

            return values;
        }
        catch (JsonException broken)
        {
            throw MilvusError.IoFailed($"field {field.Name}: {broken.Message}");
        }
    }

    private static object[] Vectors(Field field, float[]? data, long dimension, int count)
    {
        if (data is null)
        {
            throw Mismatch(field, "float vector", "float vector");
        }

        MilvusError.RefuseIf(data.Length % field.Size != 0, $"the length({data.Length}) of float data should divide the dim({field.Size})");
        CheckCount(field, data.Length / field.Size, count);
        MilvusError.RefuseIf(dimension != field.Size, $"the dim ({dimension}) of field data({field.Name}) is not equal to schema dim ({field.Size})");
        return Array.FindIndex(data, value => !float.IsFinite(value)) is >= 0 and var wrong
            ? throw MilvusError.Unexpected($"value '{(float.IsNaN(data[wrong]) ? "NaN" : data[wrong] > 0 ? "+Inf" : "-Inf")}' is not a number or infinity")
            : data.Chunk(field.Size).ToArray();
    }

    /// <summary>The values of a column, where they are of the wanted kind and as many as announced.</summary>
    private static IReadOnlyList<T> Checked<T>(Field field, IReadOnlyList<T>? data, int count, string kind, string needed)
    {
        CheckCount(field, (data ?? throw Mismatch(field, kind, needed)).Count, count);
        return data;
    }

    private static void CheckCount(Field field, int actual, int count)
    {
        if (actual != count)
        {
            // Milvus names the same number twice here.
            throw MilvusError.InvalidParameter(
                $"the num_rows ({actual}) of field ({field.Name}) is not equal to passed num_rows ({count})", $"{count}", $"{count}");
        }
    }

    private static MilvusError Mismatch(Field field, string kind, string needed) => MilvusError.InvalidParameter(
        $"{kind} field '{field.Name}' is illegal, array type mismatch",
        needed == "float vector" ? "need float vector" : $"need {needed} array", "got nil");
}
