using Milvus.Client;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Passes;

/// <summary>One pass: a collection made anew, filled, searched, queried and thinned.</summary>
internal sealed class QuickSetup(MilvusClient milvus, MilvusServer server, TimeProvider time)
{
    public const string Name = "quick_setup";

    private const int Dimension = 5;
    private const int RowCount = 10;

    /// <summary>Twice that of the client: a call less for each second that Milvus takes to load a collection.</summary>
    private static readonly TimeSpan LoadingInterval = TimeSpan.FromSeconds(1);

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

    /// <returns>How many operations it took.</returns>
    /// <exception cref="OperationFailedException">One failed; the rest was left out.</exception>
    /// <exception cref="OperationCanceledException">The worker is stopping.</exception>
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        using var operations = new PassOperations(time, stopping);

        try
        {
            await RunAsync(operations);
            return operations.Count;
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            throw new OperationFailedException(operations.Current, operations.IsLate ? FailureReason.Late(server) : FailureReason.Of(failure, server), failure);
        }
        catch (Exception)
        {
            // Milvus's client reports a cancellation as an RpcException.
            throw new OperationCanceledException(stopping);
        }
    }

    private async Task RunAsync(PassOperations operations)
    {
        var collection = milvus.GetCollection(Name);

        if (await milvus.HasCollectionAsync(Name, cancellationToken: operations.Begin("has_collection")))
        {
            await collection.DropAsync(operations.Begin("drop_collection"));
        }

        await milvus.CreateCollectionAsync(Name, Schema, cancellationToken: operations.Begin("create_collection"));
        await collection.CreateIndexAsync(
            "vector", IndexType.AutoIndex, SimilarityMetricType.Cosine, cancellationToken: operations.Begin("create_index"));

        var loading = operations.Begin("load_collection");
        await collection.LoadAsync(cancellationToken: loading);
        await collection.WaitForCollectionLoadAsync(waitingInterval: LoadingInterval, cancellationToken: loading);

        await collection.InsertAsync(SampleRows, cancellationToken: operations.Begin("insert"));

        // Strong waits until Milvus has seen all that was written before; bounded takes what is there.
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong, OutputFields = { "text" } });
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, OutputFields = { "text" } });
        await SearchAsync(new SearchParameters { ConsistencyLevel = ConsistencyLevel.BoundedStaleness, Expression = "id > 4" });

        await collection.QueryAsync(
            """text in ["row 2", "row 4"]""", new QueryParameters { OutputFields = { "id", "text" } }, operations.Begin("query"));
        await collection.DeleteAsync("id in [0]", cancellationToken: operations.Begin("delete"));

        Task SearchAsync(SearchParameters parameters)
            => collection.SearchAsync("vector", [Vector(3)], SimilarityMetricType.Cosine, limit: 3, parameters, operations.Begin("search"));
    }

    private static T[] Rows<T>(Func<int, T> value) => [.. Enumerable.Range(0, RowCount).Select(value)];

    /// <summary>Each row's points another way, so that a search has an order to find.</summary>
    private static ReadOnlyMemory<float> Vector(int row)
        => Enumerable.Range(1, Dimension).Select(axis => MathF.Cos(row * axis)).ToArray();
}
