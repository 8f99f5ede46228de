using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>The OpenSearch that <c>OPENSEARCH_SCRIPT</c> starts, with TLS, a user for Jaeger and its role.</summary>
internal sealed class OpenSearch : IAsyncDisposable
{
    private readonly string _address;
    private readonly HttpClient _http;
    private readonly string _role;

    private OpenSearch(string address, Dictionary<string, string> settings)
    {
        _address = address;
        _role = settings["OPENSEARCH_ROLE"];
        _http = new(new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(settings["OPENSEARCH_CA_FILE"]) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        })
        {
            BaseAddress = new(settings["OPENSEARCH_URL"]),
        };
        var user = $"{settings["OPENSEARCH_USERNAME"]}:{File.ReadAllText(settings["OPENSEARCH_PASSWORD_FILE"])}";
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
    }

    internal static string? Script => Environment.GetEnvironmentVariable("OPENSEARCH_SCRIPT");

    /// <summary>The role of Jaeger's user, as JSON.</summary>
    public string Role => File.ReadAllText(_role);

    public static async Task<OpenSearch> StartAsync(string address)
    {
        var up = await RunAsync("up", address);
        return new(address, up.Split('\n').Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim('\'')));
    }

    /// <returns>The Secret for Jaeger, and the Service by which pods find this OpenSearch.</returns>
    public Task<string> ManifestAsync() => RunAsync("manifest");

    /// <summary>Stops OpenSearch until <see cref="ContinueAsync"/>, and keeps what it stores.</summary>
    public Task StopAsync() => RunAsync("stop");

    public Task ContinueAsync() => RunAsync("up", _address);

    public async Task SetRoleAsync(string json)
    {
        await File.WriteAllTextAsync(_role, json);
        await RunAsync("role");
    }

    /// <returns>The number of stored spans of the operations with this prefix. Jaeger stores some twice if it has to repeat a write.</returns>
    public async Task<long> CountAsync(string operation) =>
        (long)(await AskAsync("_count", new { query = new { prefix = new { operationName = operation } } }))["count"]!;

    /// <returns>The number of different stored spans of each trace of the operations with this prefix.</returns>
    public async Task<IReadOnlyList<int>> SpansOfTracesAsync(string operation)
    {
        var answer = await AskAsync("_search", new
        {
            size = 0,
            query = new { prefix = new { operationName = operation } },
            aggs = new
            {
                traces = new
                {
                    terms = new { field = "traceID", size = 60_000 },
                    aggs = new { spans = new { cardinality = new { field = "spanID", precision_threshold = 20 } } },
                },
            },
        });
        return [.. answer["aggregations"]!["traces"]!["buckets"]!.AsArray().Select(trace => (int)trace!["spans"]!["value"]!)];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await RunAsync("down");
    }

    private static async Task<string> RunAsync(params string[] arguments) => (await ChildProcess.RunAsync(Script!, arguments)).Output;

    private async Task<JsonObject> AskAsync(string verb, object body)
    {
        using var response = await _http.PostAsJsonAsync($"jaeger-span-*/{verb}", body);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!;
    }
}
