using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Converts rows to the columns of a response.</summary>
internal static class ColumnWriter
{
    public static FieldData Write(Field field, IReadOnlyList<Row> rows)
    {
        var column = new FieldData
        {
            Type = field.Type,
            FieldName = field.Name,
            FieldId = field.Definition.FieldID,
            IsDynamic = field.Definition.IsDynamic,
        };
        if (field.IsVector)
        {
            column.Vectors = new() { Dim = field.Size, FloatVector = new() { Data = { rows.SelectMany(row => (float[])row[field]) } } };
        }
        else
        {
            column.Scalars = Scalars(field, rows);
        }

        return column;
    }

    /// <summary>Returns the primary key of each row.</summary>
    public static IDs Keys(Field field, IEnumerable<Row> rows) => field.Type is DataType.Int64
        ? new() { IntId = new() { Data = { rows.Select(row => (long)row.Key) } } }
        : new() { StrId = new() { Data = { rows.Select(row => (string)row.Key) } } };

    private static ScalarField Scalars(Field field, IReadOnlyList<Row> rows)
    {
        IEnumerable<T> Values<T>() => rows.Select(row => (T)row[field]);
        return field.Type switch
        {
            DataType.Bool => new() { BoolData = new() { Data = { Values<bool>() } } },
            DataType.Int64 => new() { LongData = new() { Data = { Values<long>() } } },
            DataType.Float => new() { FloatData = new() { Data = { Values<float>() } } },
            DataType.Double => new() { DoubleData = new() { Data = { Values<double>() } } },
            DataType.VarChar => new() { StringData = new() { Data = { Values<string>() } } },
            DataType.Json => new() { JsonData = new() { Data = { Values<JsonValue>().Select(value => value.Text) } } },
            _ => new() { IntData = new() { Data = { Values<long>().Select(value => (int)value) } } },
        };
    }
}
