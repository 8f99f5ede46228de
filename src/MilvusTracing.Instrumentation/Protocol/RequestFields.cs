namespace MilvusTracing.Instrumentation.Protocol;

/// <summary>The numbers of the fields to read from a request, by milvus.proto. 0: the request has no such field.</summary>
/// <param name="Database">The name of the database.</param>
/// <param name="Collection">The name of the collection. Flush has a list of them.</param>
/// <param name="Rows">The number of rows to write.</param>
/// <param name="Filter">The boolean expression.</param>
/// <param name="Vectors">The vectors to search for, as a PlaceholderGroup.</param>
/// <param name="Parameters">The parameters of a search: top k, metric type.</param>
/// <param name="OutputFields">The names of the fields to return.</param>
/// <param name="ConsistencyLevel">The consistency level, an enum.</param>
/// <param name="UseDefaultConsistency">Whether the level of the collection applies instead.</param>
/// <param name="VectorCount">The number of vectors to search for.</param>
/// <param name="Ids">The ids of the vectors to search for.</param>
/// <param name="Requests">The searches of a hybrid search.</param>
internal sealed record RequestFields(
    int Database = 0,
    int Collection = 0,
    int Rows = 0,
    int Filter = 0,
    int Vectors = 0,
    int Parameters = 0,
    int OutputFields = 0,
    int ConsistencyLevel = 0,
    int UseDefaultConsistency = 0,
    int VectorCount = 0,
    int Ids = 0,
    int Requests = 0)
{
    public bool IsSearch => Parameters > 0;

    /// <summary>The highest of the numbers. Clients write fields in the order of their numbers, so reading can end there.</summary>
    public int Last { get; } =
        new[] { Database, Collection, Rows, Filter, Vectors, Parameters, OutputFields, ConsistencyLevel, UseDefaultConsistency, VectorCount, Ids }.Max();
}
