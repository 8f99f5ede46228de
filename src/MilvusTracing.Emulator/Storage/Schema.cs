using System.Text.RegularExpressions;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>The fields of a collection. The dynamic field, if there is one, is the last.</summary>
internal sealed partial class Schema(CollectionSchema definition, IReadOnlyList<Field> fields)
{
    /// <summary>The name of the JSON field that holds the values that the schema does not define.</summary>
    public const string DynamicFieldName = "$meta";

    private readonly Dictionary<string, Field> _byName = fields.ToDictionary(field => field.Name);

    /// <summary>The schema as the client sent it, with IDs for its fields.</summary>
    public CollectionSchema Definition => definition;

    public IReadOnlyList<Field> Fields => fields;

    public Field Key { get; } = fields.Single(field => field.Definition.IsPrimaryKey);

    public Field Vector { get; } = fields.Single(field => field.IsVector);

    public Field? Dynamic { get; } = fields.SingleOrDefault(field => field.Definition.IsDynamic);

    public Field? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Checks the name of a collection or field.</summary>
    /// <exception cref="MilvusError">Milvus does not accept the name.</exception>
    public static void CheckName(string kind, string name)
    {
        if (!ValidName().IsMatch(name))
        {
            throw MilvusError.InvalidParameter(
                $"Invalid {kind} name: \"{name}\". Use letters, digits and underscores, at most 255, and no digit first");
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,254}$")]
    private static partial Regex ValidName();
}

/// <summary>A field of a collection.</summary>
/// <param name="Ordinal">The position of its value in a row.</param>
/// <param name="Definition">Its definition as the client sent it.</param>
/// <param name="Size">The dimension of a vector, the maximum length of a VarChar in bytes of UTF-8, or 0.</param>
internal sealed record Field(int Ordinal, FieldSchema Definition, int Size)
{
    public string Name => Definition.Name;

    public DataType Type => Definition.DataType;

    public bool IsVector => Type is DataType.FloatVector;
}
