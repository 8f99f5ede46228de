using System.Globalization;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;
using MilvusTracing.Emulator.Requests;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Reads and validates the schema of a request that creates a collection.</summary>
internal static class SchemaReader
{
    private const int MaxDimension = 32768;
    private const int MaxVarCharLength = 65535;
    private const long FirstFieldId = 100; // Milvus reserves the IDs below

    public static Schema Read(CreateCollectionRequest request)
    {
        var definition = Parse(request.Schema);
        Schema.CheckName("collection", definition.Name);
        MilvusError.ThrowIf(
            definition.Name != request.CollectionName,
            $"the schema is of collection {definition.Name}, but the request creates collection {request.CollectionName}");
        CheckFields(definition.Fields);
        return Build(definition);
    }

    private static CollectionSchema Parse(ByteString bytes)
    {
        try
        {
            var schema = CollectionSchema.Parser.ParseFrom(bytes);
            UnsupportedFields.Check(schema);
            return schema;
        }
        catch (InvalidProtocolBufferException invalid)
        {
            throw MilvusError.Unexpected($"the schema is not a valid protobuf message: {invalid.Message}");
        }
    }

    private static void CheckFields(IReadOnlyCollection<FieldSchema> fields)
    {
        foreach (var field in fields)
        {
            Schema.CheckName("field", field.Name);
            MilvusError.ThrowIf(
                field.DataType is not (DataType.Bool or DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64 or DataType.Float
                    or DataType.Double or DataType.VarChar or DataType.Json or DataType.FloatVector),
                $"the Milvus emulator does not support fields of type {field.DataType}: field {field.Name}");
        }

        MilvusError.ThrowIf(fields.DistinctBy(field => field.Name).Count() != fields.Count, "duplicated field name");

        var keys = fields.Where(field => field.IsPrimaryKey).ToList();
        MilvusError.ThrowIf(keys.Count == 0, "primary key is not specified");
        MilvusError.ThrowIf(
            keys is not [{ DataType: DataType.Int64 or DataType.VarChar }],
            $"a collection has one primary key of type Int64 or VarChar, but these are primary keys: {Names(keys)}");
        MilvusError.ThrowIf(fields.Any(field => field.AutoID && !field.IsPrimaryKey), "only the primary key can have autoID");

        var vectors = fields.Where(field => field.DataType is DataType.FloatVector).ToList();
        MilvusError.ThrowIf(vectors.Count == 0, "schema does not contain vector field");
        MilvusError.ThrowIf(vectors.Count > 1, $"multiple vector fields is not supported, fields name: {Names(vectors)}");
    }

    private static string Names(IEnumerable<FieldSchema> fields) => string.Join(", ", fields.Select(field => field.Name));

    private static Schema Build(CollectionSchema sent)
    {
        var definition = sent.Clone();
        var fields = new List<Field>();
        foreach (var field in definition.Fields)
        {
            field.FieldID = FirstFieldId + fields.Count;
            fields.Add(new(fields.Count, field, SizeOf(field)));
        }

        if (definition.EnableDynamicField)
        {
            // Not in the definition: DescribeCollection does not return it.
            var dynamic = new FieldSchema
            {
                FieldID = FirstFieldId + fields.Count,
                Name = Schema.DynamicFieldName,
                DataType = DataType.Json,
                IsDynamic = true,
            };
            fields.Add(new(fields.Count, dynamic, 0));
        }

        return new(definition, fields);
    }

    private static int SizeOf(FieldSchema field) => field.DataType switch
    {
        DataType.FloatVector => SizeOf(field, "dim", "dimension", MaxDimension),
        DataType.VarChar => SizeOf(field, "max_length", "maximum length", MaxVarCharLength),
        _ => 0,
    };

    private static int SizeOf(FieldSchema field, string parameter, string meaning, int max)
    {
        var text = field.TypeParams.FirstOrDefault(pair => pair.Key == parameter)?.Value
            ?? throw MilvusError.Unexpected($"field {field.Name} needs the type parameter {parameter}");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size >= 1 && size <= max
            ? size
            : throw MilvusError.Unexpected($"invalid {meaning}: {text}. should be in range 1 ~ {max}");
    }
}
