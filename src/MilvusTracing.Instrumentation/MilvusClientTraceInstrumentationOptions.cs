namespace MilvusTracing.Instrumentation;

/// <summary>What the spans of calls to Milvus say.</summary>
/// <remarks>
/// Calls are observed once a process. Where several tracer providers of one process set options, a call is recorded if
/// each one's filter takes it, and a detail if each one asks for it.
/// </remarks>
public class MilvusClientTraceInstrumentationOptions
{
    /// <summary>
    /// Gets or sets whether a call is recorded, asked before it is sent. The request's path ends in the name of the RPC,
    /// its header <c>dbname</c> is the database. A call for which it returns false, or throws, has no span; it is
    /// still measured. Default: null, which records every call.
    /// </summary>
    /// <remarks>
    /// Milvus then records nothing of the call either, if <c>AddMilvusClientInstrumentation</c> was called after
    /// <c>AddGrpcClientInstrumentation</c>.
    /// </remarks>
    /// <example>
    /// Without the health checks that <c>AddMilvusClient</c> registers:
    /// <code>
    /// options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/CheckHealth");
    /// </code>
    /// </example>
    public Func<HttpRequestMessage, bool>? Filter { get; set; }

    /// <summary>
    /// Gets or sets whether spans of searches and queries say how many rows came back, as
    /// <see href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-response-returned-rows"><c>db.response.returned_rows</c></see>.
    /// They are counted as the answer passes by, which costs some microseconds an answer. Default: false.
    /// </summary>
    public bool RecordReturnedRows { get; set; }

    /// <summary>
    /// Gets or sets whether spans hold the boolean expression of a search (<c>db.milvus.search.filter</c>) and of a
    /// query or deletion
    /// (<see href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-query-text"><c>db.query.text</c></see>).
    /// It may hold personal data. Default: false.
    /// </summary>
    public bool RecordFilter { get; set; }

    /// <summary>
    /// Gets or sets whether the span is named by the
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/#name">database conventions</see>,
    /// <c>search books</c>, and not by gRPC's, <c>milvus.proto.milvus.MilvusService/Search</c>. Default: true.
    /// </summary>
    public bool SetSpanName { get; set; } = true;
}
