namespace Milvus.Client;

public sealed class FieldSchema
{
    private FieldSchema(string name, MilvusDataType dataType, string description) => (Name, DataType, Description) = (name, dataType, description);

    public string Name { get; }

    public MilvusDataType DataType { get; }

    public bool IsPrimaryKey { get; private init; }

    public bool AutoId { get; private init; }

    public bool IsPartitionKey { get; private init; }

    public string Description { get; }

    public int? MaxLength { get; set; }

    public int? Dimension { get; set; }

    public static FieldSchema Create<TData>(
        string name,
        bool isPrimaryKey = false,
        bool autoId = false,
        bool isPartitionKey = false,
        string description = "") =>
        new(name, FieldData.TypeOf<TData>(), description)
        {
            IsPrimaryKey = isPrimaryKey,
            AutoId = autoId,
            IsPartitionKey = isPartitionKey,
        };

    public static FieldSchema CreateVarchar(
        string name,
        int maxLength,
        bool isPrimaryKey = false,
        bool autoId = false,
        bool isPartitionKey = false,
        string description = "") =>
        new(name, MilvusDataType.VarChar, description)
        {
            IsPrimaryKey = isPrimaryKey,
            AutoId = autoId,
            IsPartitionKey = isPartitionKey,
            MaxLength = maxLength,
        };

    public static FieldSchema CreateFloatVector(string name, int dimension, string description = "") =>
        new(name, MilvusDataType.FloatVector, description) { Dimension = dimension };
}
