namespace MilvusTracing.Tests.Hosting.Verification;

/// <summary>Responses of Jaeger's query API: old traces, with short span ids.</summary>
internal static class JaegerResponse
{
    private const string Search = "milvus.proto.milvus.MilvusService/Search";

    public const string Empty = """{ "result": { "resourceSpans": [] } }""";

    /// <summary>A root, a call to Milvus and Milvus's span.</summary>
    public static string Joined(string traceId, string service = "milvus-client") => Trace(
        Spans(service, Span(traceId, "01", "", "quick_setup", 1), Span(traceId, "02", Id("01"), Search, 3)),
        Spans("standalone", Span(traceId, "03", Id("02"), Search, 2)));

    /// <summary>A service that a span outside calls, a call to Milvus and Milvus's span.</summary>
    public static string CalledBy(string parentId, string traceId) => Trace(
        Spans("shop", Span(traceId, "01", parentId, "GET /find", 2), Span(traceId, "02", Id("01"), Search, 3)),
        Spans("standalone", Span(traceId, "03", Id("02"), Search, 2)));

    /// <summary>A heartbeat of an SDK.</summary>
    public static string Heartbeat(string traceId) => Trace(
        Spans("milvus-client", Span(traceId, "01", "", "milvus.proto.milvus.ClientTelemetryService/ClientHeartbeat", 3)));

    private static string Id(string id) => $"00000000000000{id}";

    private static string Trace(params string[] resources) => $$"""{ "result": { "resourceSpans": [ {{string.Join(',', resources)}} ] } }""";

    private static string Spans(string service, params string[] spans) => $$"""
        { "resource": { "attributes": [ { "key": "service.name", "value": { "stringValue": "{{service}}" } } ] },
          "scopeSpans": [ { "spans": [ {{string.Join(',', spans)}} ] } ] }
        """;

    private static string Span(string traceId, string id, string parent, string name, int kind) => $$"""
        { "traceId": "{{traceId}}", "spanId": "{{Id(id)}}", "parentSpanId": "{{parent}}", "name": "{{name}}", "kind": {{kind}},
          "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000001000000",
          "attributes": [ { "key": "rpc.system", "value": { "stringValue": "grpc" } } ] }
        """;
}
