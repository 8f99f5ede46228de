namespace Milvus.Client;

public sealed class SearchResults
{
    public required string CollectionName { get; init; }

    public required IReadOnlyList<FieldData> FieldsData { get; init; }

    public required MilvusIds Ids { get; init; }

    public required long NumQueries { get; init; }

    public required IReadOnlyList<float> Scores { get; init; }

    public required long Limit { get; init; }

    public required IReadOnlyList<long> Limits { get; init; }
}
