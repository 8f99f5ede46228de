namespace MilvusTracing.Instrumentation;

/// <summary>The attributes of spans and metrics: OpenTelemetry's database conventions, and our own for a vector search.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/"/>
internal static class AttributeNames
{
    public const string System = "db.system.name";
    public const string Operation = "db.operation.name";
    public const string Collection = "db.collection.name";
    public const string Namespace = "db.namespace";
    public const string QueryText = "db.query.text";
    public const string ReturnedRows = "db.response.returned_rows";
    public const string ResponseStatus = "db.response.status_code";
    public const string ErrorType = "error.type";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";

    // The conventions have no attributes for these yet. Names of a system's own attributes start with the system.
    public const string InsertedRows = "milvus.insert.row_count";
    public const string TopK = "milvus.search.top_k";
    public const string MetricType = "milvus.search.metric_type";
    public const string ConsistencyLevel = "milvus.search.consistency_level";
    public const string QueryVectors = "milvus.search.nq";
    public const string Filter = "milvus.search.filter";
    public const string Ranker = "milvus.search.ranker";
    public const string Requests = "milvus.search.requests.count";
    public const string MinScore = "milvus.search.score.min";
    public const string MaxScore = "milvus.search.score.max";
    public const string OutputFields = "milvus.search.output_fields.count";
}
