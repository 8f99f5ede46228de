using System.Data.Common;

namespace Aspire.Milvus.Client;

/// <summary>The address of Milvus and the user and password, from a connection string or configuration.</summary>
public sealed class MilvusClientSettings
{
    public Uri? Endpoint { get; set; }

    public string? Key { get; set; }

    public string? Database { get; set; }

    public bool DisableHealthChecks { get; set; }

    internal void ParseConnectionString(string? connectionString)
    {
        if (Uri.TryCreate(connectionString, UriKind.Absolute, out var address))
        {
            Endpoint = address;
            return;
        }

        var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };

        if (parts.TryGetValue("Endpoint", out var endpoint) && Uri.TryCreate(endpoint.ToString(), UriKind.Absolute, out var uri))
        {
            Endpoint = uri;
        }

        if (parts.TryGetValue("Key", out var key))
        {
            Key = key.ToString();
        }

        if (parts.TryGetValue("Database", out var database))
        {
            Database = database.ToString();
        }
    }
}
