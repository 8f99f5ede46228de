using Milvus.Client;
using MilvusTracing.Worker.Telemetry;

namespace MilvusTracing.Worker.Passes;

/// <summary>One pass: a collection made anew, filled, searched, queried and thinned.</summary>
internal sealed class QuickSetup(MilvusClient milvus, DatabaseTelemetry telemetry, TimeProvider time)
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

    private readonly DatabaseOperation _hasCollection = telemetry.Operation("has_collection", Name);
    private readonly DatabaseOperation _dropCollection = telemetry.Operation("drop_collection", Name);
    private readonly DatabaseOperation _createCollection = telemetry.Operation("create_collection", Name);
    private readonly DatabaseOperation _createIndex = telemetry.Operation("create_index", Name);
    private readonly DatabaseOperation _loadCollection = telemetry.Operation("load_collection", Name);
    private readonly DatabaseOperation _insert = telemetry.Operation("insert", Name, batchSize: RowCount);
    private readonly DatabaseOperation _search = telemetry.Operation("search", Name);
    private readonly DatabaseOperation _query = telemetry.Operation("query", Name);
    private readonly DatabaseOperation _delete = telemetry.Operation("delete", Name);

    /// <returns>How many operations it took.</returns>
    /// <exception cref="OperationFailedException">One failed; the rest was left out.</exception>
    /// <exception cref="OperationCanceledException">The worker is stopping.</exception>
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        using var operations = new PassOperations(telemetry, time, stopping);
        var collection = milvus.GetCollection(Name);

        if (await operations.RunAsync(_hasCollection, cancellation => milvus.HasCollectionAsync(Name, cancellationToken: cancellation)))
        {
            await operations.RunAsync(_dropCollection, collection.DropAsync);
        }

        await operations.RunAsync(_createCollection, cancellation => milvus.CreateCollectionAsync(
            Name, Schema, cancellationToken: cancellation));

        await operations.RunAsync(_createIndex, cancellation => collection.CreateIndexAsync(
            "vector", IndexType.AutoIndex, SimilarityMetricType.Cosine, cancellationToken: cancellation));

        await operations.RunAsync(_loadCollection, async cancellation =>
        {
            await collection.LoadAsync(cancellationToken: cancellation);
            await collection.WaitForCollectionLoadAsync(cancellationToken: cancellation);
        });

        await operations.RunAsync(_insert, cancellation => collection.InsertAsync(SampleRows, cancellationToken: cancellation));

        await operations.RunAsync(
            _search,
            cancellation => collection.SearchAsync(
                "vector",
                [Vector(3)],
                SimilarityMetricType.Cosine,
                limit: 3,
                new SearchParameters { ConsistencyLevel = ConsistencyLevel.Strong, OutputFields = { "text" } },
                cancellation),
            found => found.Scores.Count);

        await operations.RunAsync(
            _query,
            cancellation => collection.QueryAsync(
                """text in ["row 2", "row 4"]""",
                new QueryParameters { OutputFields = { "id", "text" } },
                cancellation),
            fields => fields.Count > 0 ? fields[0].RowCount : 0);

        await operations.RunAsync(_delete, cancellation => collection.DeleteAsync("id in [0]", cancellationToken: cancellation));

        return operations.Count;
    }

    private static T[] Rows<T>(Func<int, T> value) => [.. Enumerable.Range(0, RowCount).Select(value)];

    /// <summary>Each row's points another way, so that a search has an order to find.</summary>
    private static ReadOnlyMemory<float> Vector(int row)
        => Enumerable.Range(1, Dimension).Select(axis => MathF.Cos(row * axis)).ToArray();
}
