using MilvusTracing.Instrumentation;

namespace OpenTelemetry.Metrics;

/// <summary>Adds metrics of calls to Milvus to a meter provider.</summary>
public static class MilvusClientMeterProviderBuilderExtensions
{
    /// <summary>
    /// Records the duration of every call to Milvus, failed calls included, in the histogram
    /// <c>db.client.operation.duration</c> of OpenTelemetry's
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-metrics/">conventions</see>. Unit:
    /// seconds; buckets: 1 ms to 10 s.
    /// </summary>
    /// <remarks>The histogram does not depend on tracing: it counts sampled and unsampled calls.</remarks>
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
            .AddInstrumentation(MilvusClientInstrumentation.AddMeterProvider);
    }
}
