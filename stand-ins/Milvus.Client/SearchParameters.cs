namespace Milvus.Client;

public class SearchParameters
{
    public IList<string> OutputFields { get; } = [];

    /// <summary>The filter expression.</summary>
    public string? Expression { get; set; }

    public ConsistencyLevel? ConsistencyLevel { get; set; }
}
