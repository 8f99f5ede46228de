using System.Numerics.Tensors;
using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Search;

/// <summary>A metric type.</summary>
/// <param name="Name">Its name in requests.</param>
/// <param name="LargestFirst">Whether a larger score is better.</param>
/// <param name="Score">Scores a query vector and the vector of a row.</param>
internal sealed record Metric(string Name, bool LargestFirst, Func<float[], float[], float> Score)
{
    public static readonly Metric InnerProduct = new("IP", LargestFirst: true, (query, row) => TensorPrimitives.Dot(query, row));

    private static readonly Metric[] All =
        [new("L2", LargestFirst: false, SquaredDistance), InnerProduct, new("COSINE", LargestFirst: true, CosineSimilarity)];

    public static Metric Parse(string name) =>
        All.FirstOrDefault(metric => metric.Name == name)
        ?? throw MilvusError.Unexpected("metric type not found or not supported, supported: [L2 IP COSINE]");

    private static float SquaredDistance(float[] query, float[] row)
    {
        // TensorPrimitives.Distance takes the root; squaring it again would lose precision.
        var sum = 0f;
        for (var i = 0; i < query.Length; i++)
        {
            var difference = query[i] - row[i];
            sum += difference * difference;
        }

        return sum;
    }

    private static float CosineSimilarity(float[] query, float[] row)
    {
        var similarity = TensorPrimitives.CosineSimilarity(query, row);

        // A zero vector has no direction. As a query it scores 0 with every row; as a row it scores NaN and is not found.
        return float.IsNaN(similarity) ? TensorPrimitives.Dot(query, row) / TensorPrimitives.Norm(row) : similarity;
    }
}
