using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilvusTracing.Verifier.Diagnosis;

namespace MilvusTracing.Verifier.Backends;

/// <summary>GET requests to a backend, every failure told as a <see cref="Cause"/>.</summary>
internal sealed class BackendHttp : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);

    private readonly BackendKind _kind;
    private readonly HttpClient _client;

    public BackendHttp(BackendKind kind, Uri url, string? apiKey = null)
    {
        _kind = kind;
        Url = url;
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            AutomaticDecompression = DecompressionMethods.All,
            AllowAutoRedirect = false,
            UseProxy = !url.IsLoopback,
        })
        {
            BaseAddress = new Uri(url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (apiKey is not null)
        {
            _client.DefaultRequestHeaders.TryAddWithoutValidation("X-API-Key", apiKey);
        }
    }

    public Uri Url { get; }

    /// <summary>Reads one JSON answer; null where the backend says in its own words that it holds no such thing.</summary>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (_kind == BackendKind.Dashboard && response.StatusCode is (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                throw new BackendException(BackendCauses.KeyRefused(_kind, Url, response.StatusCode, _client.DefaultRequestHeaders.Contains("X-API-Key")));
            }

            if (response.StatusCode == HttpStatusCode.NotFound && await IsOwnNotFoundAsync(response, cancellationToken))
            {
                return null;
            }

            if (response.StatusCode != HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType != "application/json")
            {
                throw new BackendException(BackendCauses.SomethingElse(_kind, Url, BackendCauses.Describe(response)));
            }

            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken)
                ?? throw new BackendException(BackendCauses.SomethingElse(_kind, Url, "an HTTP server that answers null"));
        }
        catch (JsonException exception)
        {
            throw new BackendException(BackendCauses.SomethingElse(_kind, Url, "an HTTP server whose JSON is not of the expected form"), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BackendException(await BackendCauses.UnreachableAsync(_kind, Url, exception, cancellationToken), exception);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Whether a 404 is the backend's word that it lacks the thing, and not a stranger's that it lacks the page.</summary>
    private async Task<bool> IsOwnNotFoundAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > 64 * 1024)
        {
            return false;
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return body.Contains(_kind.NotFoundMark, StringComparison.OrdinalIgnoreCase);
    }
}
