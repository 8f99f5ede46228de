using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Telemetry;

/// <summary>A kind of call to a collection, with all that its telemetry says before the call, made once.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/"/>
internal sealed class DatabaseOperation
{
    public DatabaseOperation(string name, string collection, MilvusServer server, int? batchSize = null)
    {
        Name = name;
        Server = server;
        SpanName = $"{name} {collection}";
        MetricTags =
        [
            new("db.system.name", "milvus"),
            new("db.operation.name", name),
            new("db.collection.name", collection),
            new("db.namespace", server.Database),
            new("server.address", server.Address),
            new("server.port", server.Port),
        ];
        SpanTags = batchSize is { } size ? [.. MetricTags, new("db.operation.batch.size", size)] : MetricTags;
    }

    public string Name { get; }

    public MilvusServer Server { get; }

    public string SpanName { get; }

    public KeyValuePair<string, object?>[] SpanTags { get; }

    public KeyValuePair<string, object?>[] MetricTags { get; }
}
