using System.Numerics.Tensors;
using MilvusTracing.Emulator.Errors;

namespace MilvusTracing.Emulator.Search;

/// <summary>A measure of how near two vectors are, as Milvus scores it.</summary>
internal sealed class Metric
{
    public static readonly Metric Euclidean = new("L2", largestFirst: false, SquaredDistance);
    public static readonly Metric InnerProduct = new("IP", largestFirst: true, TensorPrimitives.Dot);
    public static readonly Metric Cosine = new("COSINE", largestFirst: true, CosineSimilarity);

    private static readonly Metric[] All = [Euclidean, InnerProduct, Cosine];

    private readonly Measure _measure;

    private Metric(string name, bool largestFirst, Measure measure)
    {
        Name = name;
        LargestFirst = largestFirst;
        _measure = measure;
    }

    private delegate float Measure(ReadOnlySpan<float> x, ReadOnlySpan<float> y);

    public string Name { get; }

    /// <summary>Whether a larger score is a better one.</summary>
    public bool LargestFirst { get; }

    public float Score(ReadOnlySpan<float> query, ReadOnlySpan<float> row) => _measure(query, row);

    public static Metric Parse(string name) =>
        All.FirstOrDefault(metric => metric.Name == name)
        ?? throw MilvusError.Unexpected("metric type not found or not supported, supported: [L2 IP COSINE]");

    private static float SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        // Not the square of the distance: its root would cost digits.
        const int atOnce = 256;
        Span<float> differences = stackalloc float[atOnce];
        var sum = 0f;
        for (var i = 0; i < x.Length; i += atOnce)
        {
            var length = Math.Min(atOnce, x.Length - i);
            TensorPrimitives.Subtract(x.Slice(i, length), y.Slice(i, length), differences);
            sum += TensorPrimitives.SumOfSquares(differences[..length]);
        }

        return sum;
    }

    private static float CosineSimilarity(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var similarity = TensorPrimitives.CosineSimilarity(x, y);

        // Zeros have no direction: as a query they are equally far from all, and as a row they are not found.
        return float.IsNaN(similarity) ? TensorPrimitives.Dot(x, y) / TensorPrimitives.Norm(y) : similarity;
    }
}
