namespace Milvus.Client;

public class SearchParameters
{
    public IList<string> OutputFields { get; } = [];

    public ConsistencyLevel? ConsistencyLevel { get; set; }
}
