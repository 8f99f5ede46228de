using Milvus.Client;

namespace MilvusTracing.Benchmarks;

/// <summary>The collection that is searched: 1,000 rows of 128 dimensions.</summary>
internal static class Catalog
{
    public const string Collection = "milvus_tracing_bench";
    public const string Vector = "vector";

    private const int Dimension = 128;
    private const int Rows = 1_000;

    public static ReadOnlyMemory<float> Query { get; } = Row(Rows / 2);

    public static async Task CreateAsync(MilvusClient milvus, CancellationToken cancellationToken)
    {
        await DropAsync(milvus, cancellationToken);
        var collection = await milvus.CreateCollectionAsync(
            Collection,
            [FieldSchema.Create<long>("id", isPrimaryKey: true), FieldSchema.CreateFloatVector(Vector, Dimension)],
            cancellationToken: cancellationToken);
        await collection.CreateIndexAsync(Vector, IndexType.AutoIndex, SimilarityMetricType.Cosine, cancellationToken: cancellationToken);
        await collection.LoadAsync(cancellationToken: cancellationToken);
        await collection.WaitForCollectionLoadAsync(cancellationToken: cancellationToken);
        await collection.InsertAsync(
            [
                FieldData.Create("id", Enumerable.Range(0, Rows).Select(row => (long)row).ToArray()),
                FieldData.CreateFloatVector(Vector, Enumerable.Range(0, Rows).Select(Row).ToArray()),
            ],
            cancellationToken: cancellationToken);
        // A strongly consistent search waits for the rows, so that later ones find them.
        await collection.SearchAsync(
            Vector, [Query], SimilarityMetricType.Cosine, limit: 3, new() { ConsistencyLevel = ConsistencyLevel.Strong }, cancellationToken);
    }

    public static async Task DropAsync(MilvusClient milvus, CancellationToken cancellationToken)
    {
        if (await milvus.HasCollectionAsync(Collection, cancellationToken: cancellationToken))
        {
            await milvus.GetCollection(Collection).DropAsync(cancellationToken);
        }
    }

    private static ReadOnlyMemory<float> Row(int row)
    {
        var random = new Random(row);
        return Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray();
    }
}
