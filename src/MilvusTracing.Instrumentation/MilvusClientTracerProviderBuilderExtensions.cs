using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MilvusTracing.Instrumentation;

namespace OpenTelemetry.Trace;

/// <summary>Turns the gRPC spans of Milvus.Client into database spans.</summary>
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
    /// Turns the client span of each gRPC call to Milvus into a database span by OpenTelemetry's
    /// <see href="https://opentelemetry.io/docs/specs/semconv/database/database-spans/">conventions</see>: named
    /// <c>search books</c>, with the collection, the database, what was searched for, and Milvus's own error code and
    /// reason where it failed.
    /// </summary>
    /// <remarks>
    /// The span itself is that of <c>AddGrpcClientInstrumentation()</c> (package
    /// OpenTelemetry.Instrumentation.GrpcNetClient), which has to be added, too: this library does not, since what is
    /// added twice runs its callbacks twice. Add it before this one. A call that is polled or sent again is a span
    /// each time. Calls that never left (no connection, a message over the limit) lack the collection, as do
    /// compressed ones.
    /// </remarks>
    /// <param name="builder">The builder of the tracer provider.</param>
    /// <param name="name">The name of the options to use, as of <see cref="IOptionsMonitor{TOptions}.Get"/>; null: the default ones.</param>
    /// <param name="configure">Sets the options; null: leaves them as they are.</param>
    /// <returns><paramref name="builder"/>, for chaining.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing
    ///     .AddGrpcClientInstrumentation()
    ///     .AddMilvusClientInstrumentation(milvus => milvus.RecordReturnedRows = true));
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

        return builder.AddInstrumentation(services => MilvusClientInstrumentation.Trace(
            services.GetRequiredService<IOptionsMonitor<MilvusClientTraceInstrumentationOptions>>().Get(name)));
    }
}
