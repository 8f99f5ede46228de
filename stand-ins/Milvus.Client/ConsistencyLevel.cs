namespace Milvus.Client;

public enum ConsistencyLevel
{
    Strong = 0,
    Session = 1,
    BoundedStaleness = 2,
    Eventually = 3,
    Customized = 4,
}
