using System.Diagnostics;
using Attributes = System.Collections.Generic.IReadOnlyDictionary<string, object?>;

namespace MilvusTracing.Tests.Support.Otlp;

/// <summary>A received span. Ids are lower-case hex; the parent id of a root span is empty.</summary>
internal sealed record ReceivedSpan(
    string TraceId, string SpanId, string ParentSpanId, string Name, ActivityKind Kind, DateTimeOffset Start, TimeSpan Duration,
    ActivityStatusCode Status, Attributes Attributes, IReadOnlyList<ReceivedEvent> Events, string Scope, Attributes Resource)
{
    public string Service => Resource.GetValueOrDefault("service.name") as string ?? "";
}

/// <summary>An event of a span, for example an exception.</summary>
internal sealed record ReceivedEvent(string Name, Attributes Attributes);

/// <summary>A received metric: an export has one for each name and resource.</summary>
internal sealed record ReceivedMetric(string Name, string Unit, IReadOnlyList<ReceivedPoint> Points, string Scope, Attributes Resource);

/// <summary>
/// A data point. <paramref name="Value"/> is the value of a gauge or sum, or the sum of a histogram; only histograms have
/// <paramref name="Count"/> and <paramref name="Bounds"/>.
/// </summary>
internal sealed record ReceivedPoint(double Value, ulong Count, IReadOnlyList<double> Bounds, Attributes Attributes);

/// <summary>A received log record. Ids are lower-case hex, or empty outside a span.</summary>
internal sealed record ReceivedLog(
    string Body, string Severity, int SeverityNumber, string TraceId, string SpanId, Attributes Attributes, string Scope, Attributes Resource);

/// <summary>
/// A received request, even if it was rejected. <paramref name="Path"/> is the gRPC method or the HTTP path; the headers
/// include gRPC metadata.
/// </summary>
internal sealed record ReceivedRequest(string Path, IReadOnlyDictionary<string, string> Headers);
