using Milvus.Client;

namespace MilvusTracing.Worker;

/// <summary>One pass: creates a collection, inserts rows, searches, queries and deletes.</summary>
internal static class QuickSetup
{
    public const string Name = "quick_setup";

    private const int Dimension = 5;
    private const int RowCount = 10;

    private static readonly FieldSchema[] Schema =
    [
        FieldSchema.Create<long>("id", isPrimaryKey: true),
        FieldSchema.CreateFloatVector("vector", Dimension),
        FieldSchema.CreateVarchar("text", maxLength: 64),
    ];

    private static readonly FieldData[] SampleRows =
    [
        FieldData.Create("id", Rows(row => (long)row)),
        FieldData.CreateFloatVector("vector", Rows(Vector)),
        FieldData.CreateVarChar("text", Rows(row => $"row {row}")),
    ];

    /// <param name="milvus">The client to call.</param>
    /// <param name="begin">Called with the name of each operation before it starts; returns the operation's cancellation token.</param>
    public static async Task RunAsync(MilvusClient milvus, Func<string, CancellationToken> begin)
    {
        var collection = milvus.GetCollection(Name);

        if (await milvus.HasCollectionAsync(Name, cancellationToken: begin("has_collection")))
        {
            await collection.DropAsync(begin("drop_collection"));
        }

        await milvus.CreateCollectionAsync(Name, Schema, cancellationToken: begin("create_collection"));
        await collection.CreateIndexAsync("vector", IndexType.AutoIndex, SimilarityMetricType.Cosine, cancellationToken: begin("create_index"));

        var loading = begin("load_collection");
        await collection.LoadAsync(cancellationToken: loading);
        await collection.WaitForCollectionLoadAsync(waitingInterval: TimeSpan.FromSeconds(1), cancellationToken: loading);

        await collection.InsertAsync(SampleRows, cancellationToken: begin("insert"));

        // A strong search waits until Milvus has processed all earlier writes; a bounded one reads what is already there.
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong, OutputFields = { "text" } });
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, OutputFields = { "text" } });
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, Expression = "id > 4" });

        await collection.QueryAsync("""text in ["row 2", "row 4"]""", new QueryParameters { OutputFields = { "id", "text" } }, begin("query"));
        await collection.DeleteAsync("id in [0]", cancellationToken: begin("delete"));

        Task SearchAsync(SearchParameters parameters) =>
            collection.SearchAsync("vector", [Vector(3)], SimilarityMetricType.Cosine, limit: 3, parameters, begin("search"));
    }

    private static T[] Rows<T>(Func<int, T> value) => [.. Enumerable.Range(0, RowCount).Select(value)];

    /// <summary>A different direction for each row, so that a search result has an order.</summary>
    private static ReadOnlyMemory<float> Vector(int row) =>
        Enumerable.Range(1, Dimension).Select(axis => MathF.Cos(row * axis)).ToArray();
}
