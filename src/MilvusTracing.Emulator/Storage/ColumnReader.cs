using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Validates the columns of an insert or upsert and converts them to rows.</summary>
internal static class ColumnReader
{
    /// <param name="schema">The schema of the collection.</param>
    /// <param name="request">The insert or upsert.</param>
    /// <param name="nextId">Generates primary keys, for a collection with autoID.</param>
    /// <exception cref="MilvusError">The columns do not match the schema.</exception>
    public static IReadOnlyList<Row> Read(Schema schema, InsertRequest request, Func<long> nextId)
    {
        var count = (int)Math.Min(request.NumRows, int.MaxValue);
        if (count == 0)
        {
            throw MilvusError.InvalidParameter("num_rows should be greater than 0", "invalid num_rows", "0");
        }

        var sent = ByName(schema, request.FieldsData);
        var columns = new object[schema.Fields.Count][];

        // Generated columns come last: before, the row count is only what the client says.
        foreach (var field in schema.Fields.OrderBy(field => field.Definition.AutoID || field.Definition.IsDynamic))
        {
            columns[field.Ordinal] =
                field.Definition.AutoID ? GeneratedKeys(field, count, nextId)
                : field.Definition.IsDynamic && !sent.ContainsKey(field.Name) ? [.. Enumerable.Repeat(JsonValue.EmptyObject, count)]
                : Column(field, sent.GetValueOrDefault(field.Name), count);
        }

        return [.. Enumerable.Range(0, count).Select(i => new Row(columns[schema.Key.Ordinal][i], [.. columns.Select(column => column[i])]))];
    }

    private static Dictionary<string, FieldData> ByName(Schema schema, IEnumerable<FieldData> columns)
    {
        var byName = new Dictionary<string, FieldData>();
        foreach (var column in columns)
        {
            var name = column.IsDynamic ? Schema.DynamicFieldName : column.FieldName;
            MilvusError.ThrowIf(schema.Find(name) is not { Definition.AutoID: false }, $"the collection has no field {name} to insert to");
            MilvusError.ThrowIf(!byName.TryAdd(name, column), $"field {name} is in the request twice");
        }

        return byName;
    }

    private static object[] GeneratedKeys(Field field, int count, Func<long> nextId)
    {
        var keys = Enumerable.Range(0, count).Select(_ => nextId());
        return field.Type is DataType.Int64 ? Boxed(keys)! : Boxed(keys.Select(key => key.ToString(CultureInfo.InvariantCulture)))!;
    }

    private static object[] Column(Field field, FieldData? data, int count)
    {
        var scalars = data?.Scalars;
        var values = field.Type switch
        {
            DataType.Bool => Boxed(scalars?.BoolData?.Data),
            DataType.Int8 => Integers(field, scalars?.IntData?.Data, sbyte.MinValue, sbyte.MaxValue),
            DataType.Int16 => Integers(field, scalars?.IntData?.Data, short.MinValue, short.MaxValue),
            DataType.Int32 => Integers(field, scalars?.IntData?.Data, int.MinValue, int.MaxValue),
            DataType.Int64 => Boxed(scalars?.LongData?.Data),
            DataType.Float => Boxed(scalars?.FloatData?.Data),
            DataType.Double => Boxed(scalars?.DoubleData?.Data),
            DataType.VarChar => Texts(field, scalars?.StringData?.Data),
            DataType.Json => Jsons(field, scalars?.JsonData?.Data),
            _ => Vectors(field, data?.Vectors?.FloatVector?.Data),
        };
        if (values is null)
        {
            throw MilvusError.InvalidParameter($"the request has no data of type {field.Type} for field {field.Name}");
        }

        // Milvus repeats the expected count as the actual one.
        return values.Length == count ? values : throw MilvusError.InvalidParameter(
            $"the num_rows ({values.Length}) of field ({field.Name}) is not equal to passed num_rows ({count})", $"{count}", $"{count}");
    }

    private static object[]? Boxed<T>(IEnumerable<T>? data) => data is null ? null : [.. data.Cast<object>()];

    private static object[]? Integers(Field field, IReadOnlyList<int>? data, int min, int max)
    {
        MilvusError.ThrowIf(
            data?.Any(value => value < min || value > max) is true, $"field {field.Name} of type {field.Type} takes values from {min} to {max}");
        return Boxed(data?.Select(value => (long)value));
    }

    private static object[]? Texts(Field field, IReadOnlyList<string>? data) =>
        data?.ToList().FindIndex(text => Encoding.UTF8.GetByteCount(text) > field.Size) is >= 0 and var wrong
            ? throw MilvusError.InvalidParameter(
                $"the length ({Encoding.UTF8.GetByteCount(data[wrong])}) of {wrong}th string exceeds max length ({field.Size})",
                "valid length string", "string length exceeds max length")
            : Boxed(data);

    private static object[]? Jsons(Field field, IReadOnlyList<ByteString>? data)
    {
        try
        {
            var values = data?.Select(JsonValue.Parse).ToArray();
            MilvusError.ThrowIf(
                values?.All(value => value.Root.ValueKind is JsonValueKind.Object or JsonValueKind.Null) is false,
                $"field {field.Name} takes JSON objects only");
            return Boxed(values);
        }
        catch (JsonException invalid)
        {
            throw MilvusError.Unexpected($"field {field.Name}: {invalid.Message}");
        }
    }

    private static object[]? Vectors(Field field, IReadOnlyCollection<float>? data)
    {
        MilvusError.ThrowIf(data?.Count % field.Size > 0, $"the length({data?.Count}) of float data should divide the dim({field.Size})");
        MilvusError.ThrowIf(data?.All(float.IsFinite) is false, $"the vectors of field {field.Name} contain a value that is not a finite number");
        return Boxed(data?.Chunk(field.Size));
    }
}
