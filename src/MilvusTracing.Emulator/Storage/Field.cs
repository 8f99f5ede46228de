using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Storage;

/// <summary>
/// A field of a collection and where its value stands in a row; its size is the dimension of a vector or the greatest
/// length of a VarChar, in bytes of UTF-8, and 0 for others.
/// </summary>
internal sealed record Field(int Ordinal, FieldSchema Definition, int Size)
{
    public string Name => Definition.Name;

    public DataType Type => Definition.DataType;

    public bool IsVector => Type is DataType.FloatVector;
}
