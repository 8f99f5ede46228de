namespace MilvusTracing.Benchmarks.Client;

/// <summary>What a client process does about tracing.</summary>
internal enum ClientKind
{
    /// <summary>Nothing: it has no service defaults.</summary>
    Untraced,

    /// <summary>Records its spans, exports them and sends <c>traceparent</c> along, as an application with the service defaults does.</summary>
    Traced,

    /// <summary>The same without <c>traceparent</c>: Milvus records nothing, so what is left is the client's own part.</summary>
    TracedAlone,
}
