using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Connects clients of Milvus, in any language.</summary>
public static class MilvusClientBuilderExtensions
{
    /// <summary>
    /// Connects an executable, container or project to Milvus and to the application's traces: it gets Milvus's address and starts
    /// after Milvus, its OTLP exporter gets the endpoint of Jaeger or the dashboard, and the dashboard gets the command of
    /// <c>WithVerifyTraceCommand</c>. The client itself must create spans, for example with <c>opentelemetry-instrument</c> in
    /// Python, <c>@opentelemetry/auto-instrumentations-node</c> in Node.js or the OpenTelemetry Java agent.
    /// </summary>
    /// <remarks>
    /// For a Milvus named <c>milvus</c> this sets <c>MILVUS_URI</c> and <c>MILVUS_TOKEN</c>, the arguments of Milvus's SDKs, beside
    /// <c>ConnectionStrings__milvus</c>, which .NET reads. This also works if Milvus is a connection string.
    /// </remarks>
    /// <typeparam name="T">The type of the client's resource.</typeparam>
    /// <param name="builder">The client. Its name becomes the service name of its traces.</param>
    /// <param name="milvus">The Milvus that it calls: a resource or a connection string.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="DistributedApplicationException">When the client starts: Milvus's connection string is malformed.</exception>
    /// <example>
    /// <code>
    /// builder.AddNodeApp("search", "../search", "main.js")
    ///     .WithEnvironment("NODE_OPTIONS", "--import @opentelemetry/auto-instrumentations-node/register")
    ///     .WithMilvusTracing(milvus);
    /// </code>
    /// </example>
    [AspireExport]
    public static IResourceBuilder<T> WithMilvusTracing<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> milvus)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(milvus);

        // AddPythonApp and others have set these up for their languages.
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
        // OpenTelemetry for Go uses TLS for every endpoint with a certificate, even for an http endpoint such as Jaeger's.
        var model = context.ExecutionContext.Services.GetRequiredService<DistributedApplicationModel>();
        if (model.DashboardOtlpEndpoint() is { IsHttps: true })
        {
            var tracesGoToJaeger = context.EnvironmentVariables.ContainsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
            foreach (var signal in tracesGoToJaeger ? ["METRICS", "LOGS"] : new[] { "TRACES", "METRICS", "LOGS" })
            {
                context.EnvironmentVariables[$"OTEL_EXPORTER_OTLP_{signal}_CERTIFICATE"] = context.CertificateBundlePath;
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Sets the variables that <c>WithReference</c> sets for a Milvus resource but not for a connection string.</summary>
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

    /// <summary>Accepts what Aspire.Milvus.Client accepts: key-value pairs or a URL.</summary>
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
            // The message does not show the value, which may contain a password.
            throw new DistributedApplicationException(
                $"ConnectionStrings:{name} is not a connection string; expected for example Endpoint=http://localhost:19530;Key=root:Milvus.");
        }
    }
}
