using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Failures;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>A fake OpenSearch with TLS and one user, which accepts Jaeger's writes and counts the documents of each index.</summary>
internal sealed class FakeOpenSearch : IAsyncDisposable
{
    public const string User = "jaeger";

    // Without quotes, YAML reads this as a number.
    public const string Password = "0815";

    private static readonly string Authorization = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}";

    private readonly ConcurrentDictionary<string, int> _documents = new();
    private TlsServer _server = null!;
    private TaskCompletionSource? _hanging;

    public Uri Url => new($"https://127.0.0.1:{_server.Port}");

    /// <summary>The certificate that clients have to trust.</summary>
    public string Pem => _server.Pem;

    public static async Task<FakeOpenSearch> StartAsync()
    {
        var store = new FakeOpenSearch();
        store._server = await TlsServer.StartAsync(store.HandleAsync);
        return store;
    }

    /// <returns>The number of documents in the index.</returns>
    public int Count(string index) => _documents.GetValueOrDefault(index);

    /// <summary>Blocks all writes until <see cref="Resume"/>.</summary>
    public void Hang() => _hanging = new();

    public void Resume() => _hanging!.SetResult();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != Authorization)
        {
            context.Response.StatusCode = 401;
            return;
        }

        if (context.Request.Path == "/_bulk")
        {
            await (_hanging?.Task ?? Task.CompletedTask).WaitAsync(context.RequestAborted);
            await using Stream body = context.Request.Headers.ContentEncoding == "gzip"
                ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
            using var reader = new StreamReader(body);
            while (await reader.ReadLineAsync() is { } action)
            {
                _documents.AddOrUpdate((string)JsonNode.Parse(action)!["index"]!["_index"]!, 1, (_, count) => count + 1);
                await reader.ReadLineAsync();
            }
        }

        await FakeHttpServer.SendAsync(context, 200, "application/json", context.Request.Path.Value switch
        {
            "/_bulk" => """{"took":1,"errors":false,"items":[]}""",
            "/" => """{"name":"double","version":{"distribution":"opensearch","number":"2.19.0"},"tagline":"The OpenSearch Project: https://opensearch.org/"}""",
            _ => """{"acknowledged":true}""",
        });
    }
}
