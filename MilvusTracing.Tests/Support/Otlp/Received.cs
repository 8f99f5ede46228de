using System.Diagnostics;

namespace MilvusTracing.Tests.Support.Otlp;

/// <summary>A span as it arrived. Ids are lower-case hex; a root span's parent id is empty.</summary>
internal sealed record ReceivedSpan(
    string TraceId,
    string SpanId,
    string ParentSpanId,
    string Name,
    ActivityKind Kind,
    DateTimeOffset Start,
    TimeSpan Duration,
    ActivityStatusCode Status,
    string StatusMessage,
    IReadOnlyDictionary<string, object?> Attributes,
    IReadOnlyList<ReceivedEvent> Events,
    string Scope,
    IReadOnlyDictionary<string, object?> Resource)
{
    public string Service => Resource.GetValueOrDefault("service.name") as string ?? "";
}

/// <summary>An event of a span, such as a recorded exception.</summary>
internal sealed record ReceivedEvent(string Name, IReadOnlyDictionary<string, object?> Attributes);

/// <summary>A metric as it arrived: one export holds one of each name and resource.</summary>
internal sealed record ReceivedMetric(
    string Name,
    string Unit,
    string Description,
    IReadOnlyList<ReceivedPoint> Points,
    string Scope,
    IReadOnlyDictionary<string, object?> Resource);

/// <summary>
/// One data point. <paramref name="Value"/> is a gauge's or sum's value, or a histogram's sum;
/// <paramref name="Count"/>, <paramref name="Bounds"/> and <paramref name="Buckets"/> are a histogram's alone.
/// </summary>
internal sealed record ReceivedPoint(
    double Value,
    ulong Count,
    IReadOnlyList<double> Bounds,
    IReadOnlyList<ulong> Buckets,
    IReadOnlyDictionary<string, object?> Attributes);

/// <summary>A log record as it arrived. Ids are lower-case hex, empty outside a span.</summary>
internal sealed record ReceivedLog(
    string Body,
    string Severity,
    int SeverityNumber,
    string TraceId,
    string SpanId,
    IReadOnlyDictionary<string, object?> Attributes,
    string Scope,
    IReadOnlyDictionary<string, object?> Resource);

/// <summary>
/// A request as it arrived, refused ones too. <paramref name="Path"/> is the gRPC method or the HTTP path; gRPC
/// metadata are headers.
/// </summary>
internal sealed record ReceivedRequest(string Path, bool IsGrpc, IReadOnlyDictionary<string, string> Headers);
