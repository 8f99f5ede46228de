namespace MilvusTracing.Instrumentation;

/// <summary>Options for the spans of calls to Milvus.</summary>
/// <remarks>
/// All tracer providers of a process share one instrumentation. A call is recorded if the filter of each provider accepts
/// it; an attribute is recorded if each provider enables it.
/// </remarks>
public class MilvusClientTraceInstrumentationOptions
{
    /// <summary>
    /// Gets or sets a function that returns whether to record a call, evaluated before the call is sent. The path of the
    /// request ends in the name of the RPC; its header <c>dbname</c> is the database. If the function returns false or
    /// throws, the call has no span; its duration is still measured. Default: null, which records every call.
    /// </summary>
    /// <remarks>
    /// Milvus does not record the call either, if <c>AddMilvusClientInstrumentation</c> is called after
    /// <c>AddGrpcClientInstrumentation</c>.
    /// </remarks>
    /// <example>
    /// Do not record the health checks that <c>AddMilvusClient</c> registers:
    /// <code>
    /// options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/CheckHealth");
    /// </code>
    /// </example>
    public Func<HttpRequestMessage, bool>? Filter { get; set; }

    /// <summary>
    /// Gets or sets whether spans hold the boolean expression of a search (<c>db.milvus.search.filter</c>), and of a query
    /// or deletion
    /// (<see href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-query-text"><c>db.query.text</c></see>).
    /// An expression may contain personal data. Default: false.
    /// </summary>
    public bool RecordFilter { get; set; }

    /// <summary>
    /// Gets or sets whether spans are named by the
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/#name">database conventions</see>,
    /// for example <c>search books</c>. If false, they keep gRPC's name, for example
    /// <c>milvus.proto.milvus.MilvusService/Search</c>. Default: true.
    /// </summary>
    public bool SetSpanName { get; set; } = true;
}
