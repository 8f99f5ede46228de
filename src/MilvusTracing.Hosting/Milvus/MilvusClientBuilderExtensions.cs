using System.Data.Common;

namespace Aspire.Hosting;

/// <summary>Makes clients of Milvus in any language part of its traces.</summary>
public static class MilvusClientBuilderExtensions
{
    /// <summary>
    /// Makes an executable, container or project a traced client of Milvus: it gets Milvus's address and starts after it, its
    /// OpenTelemetry exporter gets the dashboard's address (the hub's for traces, by <c>WithAppForwarding</c>), and the
    /// dashboard gets the command that verifies its last trace. The spans themselves are its language's business, as by
    /// <c>opentelemetry-instrument</c> in Python, <c>@opentelemetry/auto-instrumentations-node</c> in Node.js or the Java agent.
    /// </summary>
    /// <remarks>
    /// A Milvus named <c>milvus</c> sets <c>MILVUS_URI</c> and <c>MILVUS_TOKEN</c>, what Milvus's SDKs ask for, beside
    /// <c>ConnectionStrings__milvus</c>, which is .NET's; also where it is just a connection string.
    /// </remarks>
    /// <param name="builder">The client. Its name becomes the service name of its traces.</param>
    /// <param name="milvus">The Milvus that it calls.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// builder.AddNodeApp("search", "../search", "main.js")
    ///     .WithEnvironment("NODE_OPTIONS", "--import @opentelemetry/auto-instrumentations-node/register")
    ///     .WithMilvusTracing(milvus);
    /// </code>
    /// </example>
    public static IResourceBuilder<T> WithMilvusTracing<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> milvus)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(milvus);

        // What the application's own AddPythonApp and the like have set up stays.
        if (!builder.Resource.HasAnnotationOfType<OtlpExporterAnnotation>())
        {
            builder.WithOtlpExporter();
        }

        if (!builder.Resource.HasAnnotationOfType<CertificateTrustConfigurationCallbackAnnotation>())
        {
            builder.WithAnnotation(new CertificateTrustConfigurationCallbackAnnotation(TrustDashboard));
        }

        return builder
            .WithReference(milvus)
            .WithEnvironment(context => AddConnectionPropertiesAsync(context, milvus.Resource))
            .WaitFor(milvus)
            .WithVerifyTraceCommand();
    }

    private static Task TrustDashboard(CertificateTrustConfigurationCallbackAnnotationContext context)
    {
        context.EnvironmentVariables["OTEL_EXPORTER_OTLP_CERTIFICATE"] = context.CertificateBundlePath;
        return Task.CompletedTask;
    }

    /// <summary>Where <c>WithReference</c> knows nothing but a connection string, takes the properties from that.</summary>
    private static async Task AddConnectionPropertiesAsync(EnvironmentCallbackContext context, IResourceWithConnectionString milvus)
    {
        if (milvus.GetConnectionProperties().Any() || context.ExecutionContext.IsPublishMode)
        {
            return;
        }

        var connection = Parse(await milvus.GetConnectionStringAsync(context.CancellationToken).ConfigureAwait(false), milvus.Name);
        var prefix = milvus.Name.ToUpperInvariant().Replace('-', '_');
        foreach (var (key, property) in new[] { ("Endpoint", "URI"), ("Key", "TOKEN"), ("Database", "DATABASENAME") })
        {
            if (connection.TryGetValue(key, out var value))
            {
                context.EnvironmentVariables.TryAdd($"{prefix}_{property}", value);
            }
        }
    }

    /// <summary>Reads what the client integration, Aspire.Milvus.Client, reads: parts, or an address alone.</summary>
    private static DbConnectionStringBuilder Parse(string? connectionString, string name)
    {
        try
        {
            return Uri.IsWellFormedUriString(connectionString, UriKind.Absolute)
                ? new DbConnectionStringBuilder { ["Endpoint"] = connectionString! }
                : new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException)
        {
            // Without the value: it may hold a key.
            throw new DistributedApplicationException(
                $"ConnectionStrings:{name} is not a connection string; expected one such as Endpoint=http://localhost:19530;Key=root:Milvus.");
        }
    }
}
