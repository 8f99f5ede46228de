namespace Milvus.Client;

public class QueryParameters
{
    public IList<string> OutputFields { get; } = [];

    public ConsistencyLevel? ConsistencyLevel { get; set; }
}
