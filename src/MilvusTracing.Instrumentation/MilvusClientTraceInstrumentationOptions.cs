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
    /// <remarks>Milvus does not record the call either: its <c>traceparent</c> says "not sampled".</remarks>
    /// <example>
    /// Do not record the health checks that <c>AddMilvusClient</c> registers:
    /// <code>
    /// options.Filter = request => !request.RequestUri!.AbsolutePath.EndsWith("/CheckHealth");
    /// </code>
    /// </example>
    public Func<HttpRequestMessage, bool>? Filter { get; set; }

    /// <summary>
    /// Gets or sets whether spans hold the boolean expression of a search (<c>milvus.search.filter</c>), and of a query
    /// or deletion
    /// (<see href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-query-text"><c>db.query.text</c></see>).
    /// An expression may contain personal data. Default: false.
    /// </summary>
    /// <remarks>
    /// If false, the description of a failed span has no expression either: it ends behind the word "expression", and
    /// literals are replaced with <c>?</c>.
    /// </remarks>
    public bool RecordFilter { get; set; }

    /// <summary>
    /// Gets or sets whether spans of searches hold the number of hits that Milvus returned
    /// (<see href="https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-response-returned-rows"><c>db.response.returned_rows</c></see>)
    /// and the lowest and highest of their scores (<c>milvus.search.score.min</c>, <c>milvus.search.score.max</c>). They
    /// are read from the response without copying it. Default: true.
    /// </summary>
    public bool RecordReturnedRows { get; set; } = true;

    /// <summary>
    /// Gets or sets whether spans are named by the
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/#name">database conventions</see>,
    /// for example <c>search books</c>. If false, they keep gRPC's name, for example
    /// <c>milvus.proto.milvus.MilvusService/Search</c>. Default: true.
    /// </summary>
    public bool SetSpanName { get; set; } = true;
}
