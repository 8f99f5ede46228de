using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>The fields of a collection; with the dynamic field last, where it has one.</summary>
internal sealed class Schema(CollectionSchema definition, IReadOnlyList<Field> fields)
{
    /// <summary>The name of the JSON field that holds whatever the schema does not name.</summary>
    public const string DynamicFieldName = "$meta";

    private readonly Dictionary<string, Field> _byName = fields.ToDictionary(field => field.Name);

    /// <summary>As the client sent it, with the fields' ids.</summary>
    public CollectionSchema Definition => definition;

    public IReadOnlyList<Field> Fields => fields;

    public Field Key { get; } = fields.Single(field => field.Definition.IsPrimaryKey);

    public Field? Dynamic { get; } = fields.SingleOrDefault(field => field.Definition.IsDynamic);

    public Field? Vector { get; } = fields.SingleOrDefault(field => field.IsVector);

    public Field? Find(string name) => _byName.GetValueOrDefault(name);
}
