using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MilvusTracing.Instrumentation;

/// <summary>The histogram <c>db.client.operation.duration</c>.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#metric-dbclientoperationduration"/>
internal static class OperationDuration
{
    public const string MeterName = "MilvusTracing.Instrumentation";

    private static readonly Meter Meter = new(new MeterOptions(MeterName)
    {
        Version = typeof(OperationDuration).Assembly.GetName().Version?.ToString(3),
        TelemetrySchemaUrl = "https://opentelemetry.io/schemas/1.44.0",
    });

    private static readonly Histogram<double> Histogram = Meter.CreateHistogram(
        "db.client.operation.duration",
        unit: "s",
        description: "Duration of database client operations.",
        tags: null,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] });

    public static bool Enabled => Histogram.Enabled;

    public static void Record(TimeSpan duration, in TagList attributes) => Histogram.Record(duration.TotalSeconds, attributes);
}
