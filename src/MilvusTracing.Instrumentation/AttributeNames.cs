namespace MilvusTracing.Instrumentation;

/// <summary>The attributes of spans and metrics: OpenTelemetry's database conventions, and our own for a vector search.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/"/>
internal static class AttributeNames
{
    public const string System = "db.system.name";
    public const string Operation = "db.operation.name";
    public const string Collection = "db.collection.name";
    public const string Namespace = "db.namespace";
    public const string BatchSize = "db.operation.batch.size";
    public const string QueryText = "db.query.text";
    public const string ResponseStatus = "db.response.status_code";
    public const string ErrorType = "error.type";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";

    // The conventions have no attributes for a vector search yet.
    public const string TopK = "db.milvus.search.top_k";
    public const string MetricType = "db.milvus.search.metric_type";
    public const string ConsistencyLevel = "db.milvus.search.consistency_level";
    public const string QueryVectors = "db.milvus.search.nq";
    public const string Filter = "db.milvus.search.filter";
    public const string OutputFields = "db.milvus.search.output_fields";
}
