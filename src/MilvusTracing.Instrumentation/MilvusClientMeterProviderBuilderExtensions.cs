using MilvusTracing.Instrumentation;

namespace OpenTelemetry.Metrics;

/// <summary>Measures the calls of Milvus.Client.</summary>
public static class MilvusClientMeterProviderBuilderExtensions
{
    /// <summary>
    /// Adds the histogram <c>db.client.operation.duration</c>, in seconds, by OpenTelemetry's
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-metrics/">conventions</see>: a point for
    /// each call to Milvus, failed ones included, with the attributes of its span and the buckets 1 ms to 10 s.
    /// </summary>
    /// <remarks>It is complete whatever share of the traces is sampled, and without tracing at all.</remarks>
    /// <param name="builder">The builder of the meter provider.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMilvusClientInstrumentation());
    /// </code>
    /// </example>
    public static MeterProviderBuilder AddMilvusClientInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder
            .AddMeter(OperationDuration.MeterName)
            .AddInstrumentation(MilvusClientInstrumentation.Measure);
    }
}
