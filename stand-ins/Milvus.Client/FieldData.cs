using Wire = MilvusTracing.Emulator.Protos;

namespace Milvus.Client;

public abstract class FieldData
{
    protected FieldData(string fieldName, MilvusDataType dataType, bool isDynamic = false) =>
        (FieldName, DataType, IsDynamic) = (fieldName, dataType, isDynamic);

    public string? FieldName { get; }

    public abstract long RowCount { get; protected set; }

    public MilvusDataType DataType { get; protected set; }

    public bool IsDynamic { get; }

    public static FieldData<TData> Create<TData>(string fieldName, IReadOnlyList<TData> data, bool isDynamic = false) =>
        new(fieldName, data, isDynamic);

    public static FieldData<string> CreateVarChar(string fieldName, IReadOnlyList<string> data, bool isDynamic = false) =>
        new(fieldName, data, MilvusDataType.VarChar, isDynamic);

    public static FloatVectorFieldData CreateFloatVector(string fieldName, IReadOnlyList<ReadOnlyMemory<float>> data) => new(fieldName, data);

    public override string ToString() => $"{{FieldName: {FieldName}, DataType: {DataType}, RowCount: {RowCount}}}";

    internal static MilvusDataType TypeOf<TData>() =>
        typeof(TData) == typeof(long) ? MilvusDataType.Int64
            : typeof(TData) == typeof(string) ? MilvusDataType.VarChar
            : throw new NotSupportedException($"The stand-in supports int64 and varchar fields, not {typeof(TData)}.");

    internal abstract Wire.FieldData ToWire();

    internal static FieldData FromWire(Wire.FieldData field) =>
        field switch
        {
            { Scalars.LongData: { } longs } => Create(field.FieldName, longs.Data, field.IsDynamic),
            { Scalars.StringData: { } strings } => CreateVarChar(field.FieldName, strings.Data, field.IsDynamic),
            { Vectors.FloatVector: { } floats } => CreateFloatVector(field.FieldName, Rows(floats.Data, (int)field.Vectors.Dim)),
            _ => throw new NotSupportedException($"The stand-in supports int64, varchar and float vector fields, not {field.Type}."),
        };

    private static ReadOnlyMemory<float>[] Rows(IEnumerable<float> values, int dimension) =>
        [.. values.Chunk(dimension).Select(row => new ReadOnlyMemory<float>(row))];
}
