using Wire = MilvusTracing.Emulator.Protos;

namespace Milvus.Client;

public sealed class FloatVectorFieldData(string fieldName, IReadOnlyList<ReadOnlyMemory<float>> data)
    : FieldData<ReadOnlyMemory<float>>(fieldName, data, MilvusDataType.FloatVector, isDynamic: false)
{
    internal override Wire.FieldData ToWire()
    {
        if (Data.Count == 0)
        {
            throw new MilvusException("The number of vectors must be positive.");
        }

        var dimension = Data[0].Length;
        var values = new Wire.FloatArray();

        foreach (var vector in Data)
        {
            if (vector.Length != dimension)
            {
                throw new MilvusException("All vectors must have the same dimensionality.");
            }

            foreach (var value in vector.Span)
            {
                values.Data.Add(value);
            }
        }

        return new Wire.FieldData
        {
            FieldName = FieldName,
            Type = (Wire.DataType)DataType,
            Vectors = new Wire.VectorField { Dim = dimension, FloatVector = values },
        };
    }
}
