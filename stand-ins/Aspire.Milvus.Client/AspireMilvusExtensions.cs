using Aspire.Milvus.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Milvus.Client;

namespace Microsoft.Extensions.Hosting;

public static class AspireMilvusExtensions
{
    private const string Section = "Aspire:Milvus:Client";

    /// <summary>Registers a singleton <see cref="MilvusClient"/> for a connection string, and a health check named Milvus.</summary>
    /// <exception cref="InvalidOperationException">Thrown when the client is resolved: endpoint or key is missing.</exception>
    public static void AddMilvusClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<MilvusClientSettings>? configureSettings = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var settings = new MilvusClientSettings();
        builder.Configuration.GetSection(Section).Bind(settings);
        builder.Configuration.GetSection($"{Section}:{connectionName}").Bind(settings);

        if (builder.Configuration.GetConnectionString(connectionName) is { } connectionString)
        {
            settings.ParseConnectionString(connectionString);
        }

        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton(services => settings is { Endpoint: { } endpoint, Key: { } key }
            ? new MilvusClient(endpoint, apiKey: key, settings.Database, loggerFactory: services.GetRequiredService<ILoggerFactory>())
            : throw new InvalidOperationException(
                $"A MilvusClient could not be configured: set Endpoint and Key in 'ConnectionStrings:{connectionName}', '{Section}' or '{Section}:{connectionName}'."));

        if (!settings.DisableHealthChecks && builder.Properties.TryAdd("Aspire.HealthChecks.Milvus", true))
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "Milvus",
                services => new MilvusHealthCheck(services.GetRequiredService<MilvusClient>()),
                failureStatus: null,
                tags: null));
        }
    }
}
