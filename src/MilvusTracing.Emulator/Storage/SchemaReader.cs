using System.Globalization;
using Google.Protobuf;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>Reads and checks the schema that a client sends to create a collection.</summary>
internal static class SchemaReader
{
    private const int MaxFields = 64;
    private const int MaxDimension = 32768;
    private const int MaxVarCharLength = 65535;
    private const long FirstFieldId = 100; // as Milvus counts: the ids below are its own

    public static Schema Read(CreateCollectionRequest request)
    {
        var definition = Parse(request.Schema);
        Names.CheckCollection(definition.Name);
        if (definition.Name != request.CollectionName)
        {
            throw MilvusError.InvalidParameter(
                $"collection name = {request.CollectionName}, schema.Name={definition.Name}",
                "collection name matches schema name", "don't match");
        }

        Check(definition);
        return Build(definition);
    }

    private static CollectionSchema Parse(ByteString bytes)
    {
        try
        {
            return CollectionSchema.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            throw MilvusError.Unexpected("proto: cannot parse invalid wire-format data");
        }
    }

    private static void Check(CollectionSchema definition)
    {
        MilvusError.RefuseIf(definition.Fields.Count > MaxFields, $"maximum field's number should be limited to {MaxFields}");

        foreach (var field in definition.Fields)
        {
            Names.CheckField(field.Name);
        }

        MilvusError.RefuseIf(definition.Fields.DistinctBy(field => field.Name).Count() != definition.Fields.Count, "duplicated field name");

        var keys = definition.Fields.Where(field => field.IsPrimaryKey).ToList();
        MilvusError.RefuseIf(keys.Count == 0, "primary key is not specified");

        if (keys.Count > 1)
        {
            throw MilvusError.Unexpected($"there are more than one primary key, field name = {keys[0].Name}, {keys[1].Name}");
        }

        MilvusError.RefuseIf(keys[0].DataType is not (DataType.Int64 or DataType.VarChar), "the data type of primary key should be Int64 or VarChar");

        if (definition.Fields.FirstOrDefault(field => field.AutoID && !field.IsPrimaryKey) is { } automatic)
        {
            throw MilvusError.Unexpected($"only primary field can speficy AutoID with true, field name = {automatic.Name}");
        }

        var vectors = definition.Fields.Where(field => field.DataType is DataType.FloatVector).ToList();
        if (vectors.Count > 1)
        {
            throw MilvusError.Unexpected($"multiple vector fields is not supported, fields name: {vectors[0].Name}, {vectors[1].Name}");
        }

        foreach (var field in definition.Fields)
        {
            CheckType(field);
        }
    }

    private static void CheckType(FieldSchema field)
    {
        switch (field.DataType)
        {
            case DataType.Bool or DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64
                or DataType.Float or DataType.Double or DataType.VarChar or DataType.Json or DataType.FloatVector:
                break;
            case DataType.None:
                throw MilvusError.Unexpected("data type None is not valid");
            case DataType.String:
                throw MilvusError.Unexpected("string data type not supported yet, please use VarChar type instead");
            default:
                throw MilvusError.Unexpected($"the emulator has no fields of type {field.DataType}: field {field.Name}");
        }

        if ((field.Nullable ? "nullable fields" : field.IsPartitionKey ? "partition keys" : field.DefaultValue.Length > 0 ? "default values" : null) is { } missing)
        {
            throw MilvusError.Unexpected($"the emulator has no {missing}: field {field.Name}");
        }
    }

    private static Schema Build(CollectionSchema sent)
    {
        var definition = sent.Clone();
        var fields = new List<Field>();
        foreach (var field in definition.Fields)
        {
            field.FieldID = FirstFieldId + fields.Count;
            fields.Add(new(fields.Count, field, SizeOf(field, definition.Name)));
        }

        if (definition.EnableDynamicField)
        {
            // Not part of what describing the collection answers.
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

    /// <summary>The dimension of a vector or the greatest length of a VarChar, which are the sizes that a schema gives.</summary>
    private static int SizeOf(FieldSchema field, string collection)
    {
        long Parameter(string name, string missing) =>
            ParseInteger(field.TypeParams.FirstOrDefault(parameter => parameter.Key == name)?.Value ?? throw MilvusError.Unexpected(missing));
        switch (field.DataType)
        {
            case DataType.FloatVector:
                var dimension = Parameter("dim", "dimension is not defined in field type params, check type param `dim` for vector field");
                MilvusError.RefuseIf(dimension is < 1 or > MaxDimension, $"invalid dimension: {dimension}. should be in range 1 ~ {MaxDimension}");
                return (int)dimension;
            case DataType.VarChar:
                var length = Parameter("max_length", $"type param(max_length) should be specified for varChar field of collection {collection}");
                return length is >= 1 and <= MaxVarCharLength
                    ? (int)length
                    : throw MilvusError.InvalidParameter($"the maximum length specified for a VarChar should be in (0, {MaxVarCharLength}]");
            default:
                return 0;
        }
    }

    private static long ParseInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw MilvusError.Unexpected($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
