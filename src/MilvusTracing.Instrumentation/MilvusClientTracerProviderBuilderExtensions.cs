using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MilvusTracing.Instrumentation;

namespace OpenTelemetry.Trace;

/// <summary>Adds spans of calls to Milvus to a tracer provider.</summary>
public static class MilvusClientTracerProviderBuilderExtensions
{
    /// <inheritdoc cref="AddMilvusClientInstrumentation(TracerProviderBuilder, string?, Action{MilvusClientTraceInstrumentationOptions}?)"/>
    public static TracerProviderBuilder AddMilvusClientInstrumentation(this TracerProviderBuilder builder)
        => AddMilvusClientInstrumentation(builder, name: null, configure: null);

    /// <inheritdoc cref="AddMilvusClientInstrumentation(TracerProviderBuilder, string?, Action{MilvusClientTraceInstrumentationOptions}?)"/>
    public static TracerProviderBuilder AddMilvusClientInstrumentation(
        this TracerProviderBuilder builder, Action<MilvusClientTraceInstrumentationOptions>? configure)
        => AddMilvusClientInstrumentation(builder, name: null, configure);

    /// <summary>
    /// Turns the gRPC client span of each call to Milvus into a database span by OpenTelemetry's
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/">conventions</see>. The span is
    /// named <c>search books</c> and has the collection, the database, the parameters of a search and, after a failure,
    /// Milvus's error code and reason.
    /// </summary>
    /// <remarks>
    /// Requires <c>AddGrpcClientInstrumentation()</c> of the package OpenTelemetry.Instrumentation.GrpcNetClient, which
    /// records the span. Call it before this method. It is not called here: if it is called twice, its callbacks run
    /// twice. Each poll and each retry of a call is a span. Calls that were never sent (no connection, a message over the
    /// size limit) and compressed calls lack the collection.
    /// </remarks>
    /// <param name="builder">The builder of the tracer provider.</param>
    /// <param name="name">The name of the options to use, as in <see cref="IOptionsMonitor{TOptions}.Get"/>; null for the default options.</param>
    /// <param name="configure">Sets the options; null to keep the defaults.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing
    ///     .AddGrpcClientInstrumentation()
    ///     .AddMilvusClientInstrumentation(milvus => milvus.RecordFilter = true));
    /// </code>
    /// </example>
    public static TracerProviderBuilder AddMilvusClientInstrumentation(
        this TracerProviderBuilder builder, string? name, Action<MilvusClientTraceInstrumentationOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);

        name ??= Options.DefaultName;
        if (configure is not null)
        {
            builder.ConfigureServices(services => services.Configure(name, configure));
        }

        return builder.AddInstrumentation(services => MilvusClientInstrumentation.AddTracerProvider(
            services.GetRequiredService<IOptionsMonitor<MilvusClientTraceInstrumentationOptions>>().Get(name)));
    }
}
