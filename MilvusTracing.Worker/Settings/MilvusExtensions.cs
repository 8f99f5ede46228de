using System.Data.Common;
using Aspire.Milvus.Client;

namespace MilvusTracing.Worker.Settings;

internal static class MilvusExtensions
{
    private const string ConnectionName = "milvus";
    private const string Setting = $"ConnectionStrings:{ConnectionName}";
    private const string Expected = "Endpoint=http://localhost:19530;Key=root:Milvus";

    /// <summary>Registers the Milvus client of <c>ConnectionStrings:milvus</c> and the <see cref="MilvusServer"/> it calls.</summary>
    /// <exception cref="SettingException">The connection string is missing or malformed.</exception>
    public static void AddMilvus(this IHostApplicationBuilder builder)
    {
        try
        {
            builder.AddMilvusClient(ConnectionName, settings =>
                builder.Services.AddSingleton(Check(settings, builder.Configuration.GetConnectionString(ConnectionName))));
        }
        catch (ArgumentException)
        {
            // Of the connection string's syntax. What cannot be read cannot be shown either: it may hold the key.
            throw new SettingException($"{Setting} is not a connection string (its value may hold a key and is not shown); expected the form {Expected}.");
        }
    }

    private static MilvusServer Check(MilvusClientSettings settings, string? connectionString)
        => settings switch
        {
            { Endpoint: null, Key: null } when string.IsNullOrWhiteSpace(connectionString)
                => throw new SettingException($"{Setting} is not set; set it, for example as the environment variable ConnectionStrings__{ConnectionName}, in the form {Expected}."),
            { Endpoint: not { Scheme: "http" or "https", Host.Length: > 0 } }
                => throw new SettingException($"{Setting} has {Shown(connectionString)}; expected an http:// or https:// address with a port, in the form {Expected}."),
            { Key: null }
                => throw new SettingException($"{Setting} has no Key; expected the form {Expected} (any Key will do for a Milvus that asks for none)."),
            _ => new MilvusServer(settings.Endpoint.DnsSafeHost, settings.Endpoint.Port),
        };

    private static string Shown(string? connectionString)
        => Uri.TryCreate(connectionString, UriKind.Absolute, out _) ? $"the address '{Credentials.Mask(connectionString)}'"
            : new DbConnectionStringBuilder { ConnectionString = connectionString }.TryGetValue("Endpoint", out var endpoint) ? $"the Endpoint '{Credentials.Mask($"{endpoint}")}'"
            : "no Endpoint";
}

/// <summary>The Milvus that the worker calls, as its log names it.</summary>
internal sealed record MilvusServer(string Address, int Port)
{
    public override string ToString() => Address.Contains(':') ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
