using Wire = MilvusTracing.Emulator.Protos;

namespace Milvus.Client;

public class FieldData<TData> : FieldData
{
    public FieldData(string fieldName, IReadOnlyList<TData> data, bool isDynamic = false)
        : this(fieldName, data, TypeOf<TData>(), isDynamic)
    {
    }

    public FieldData(string fieldName, IReadOnlyList<TData> data, MilvusDataType milvusDataType, bool isDynamic)
        : base(fieldName, milvusDataType, isDynamic) =>
        Data = data;

    public IReadOnlyList<TData> Data { get; set; }

    public override long RowCount
    {
        get => Data.Count;
        protected set { }
    }

    internal override Wire.FieldData ToWire()
    {
        if (Data.Count == 0)
        {
            throw new MilvusException("FieldData.Data is empty");
        }

        return new Wire.FieldData
        {
            FieldName = FieldName,
            Type = (Wire.DataType)DataType,
            IsDynamic = IsDynamic,
            Scalars = Data switch
            {
                IReadOnlyList<long> longs => new Wire.ScalarField { LongData = new Wire.LongArray { Data = { longs } } },
                IReadOnlyList<string> strings => new Wire.ScalarField { StringData = new Wire.StringArray { Data = { strings } } },
                _ => throw new MilvusException($"DataType Error:{DataType}, not supported"),
            },
        };
    }
}
