namespace Milvus.Client;

public class SearchParameters
{
    public IList<string> OutputFields { get; } = [];

    /// <summary>A boolean expression that a row must fulfil to be found.</summary>
    public string? Expression { get; set; }

    public ConsistencyLevel? ConsistencyLevel { get; set; }
}
