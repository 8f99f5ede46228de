using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MilvusTracing.Verification;

/// <summary>Sends GET requests to a backend, limits the size of responses, and reports every failure as a <see cref="Cause"/>.</summary>
internal sealed class BackendHttp : IDisposable
{
    private const string KeyHeader = "X-API-Key";

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
            _client.DefaultRequestHeaders.TryAddWithoutValidation(KeyHeader, apiKey);
        }
    }

    public Uri Url { get; }

    /// <summary>Reads one JSON document; null where the backend itself responds that it does not hold what was asked for.</summary>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var closing = body.ConfigureAwait(false);

            // Jaeger declares its JSON as text/plain.
            var media = response.Content.Headers.ContentType?.MediaType;
            if (response.StatusCode == HttpStatusCode.OK && media != "text/html")
            {
                return await JsonSerializer.DeserializeAsync(new BoundedStream(body), type, cancellationToken).ConfigureAwait(false)
                    ?? throw new JsonException("The document is null.");
            }

            var text = await ReadStartAsync(body, cancellationToken).ConfigureAwait(false);
            var error = ParseError(text);
            var isOwnError = _kind == BackendKind.Jaeger ? error?.Error is not null : error?.Title is not null || media == "application/problem+json";
            return isOwnError && response.StatusCode == HttpStatusCode.NotFound ? null : throw new BackendException(
                _kind == BackendKind.Dashboard && response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                    ? BackendFailure.KeyRefused(_kind, Url, response.StatusCode, _client.DefaultRequestHeaders.Contains(KeyHeader))
                : isOwnError ? BackendFailure.ErrorResponse(_kind, Url, response.StatusCode, error?.Error?.Message ?? error?.Title)
                : BackendFailure.OtherServer(_kind, Url, response, text));
        }
        catch (BoundedStream.LimitExceededException exception)
        {
            throw new BackendException(BackendFailure.TooLarge(_kind, Url), exception);
        }
        catch (JsonException exception)
        {
            throw new BackendException(BackendFailure.NotTheApi(_kind, Url, "an HTTP server whose response is not the expected JSON"), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BackendException(BackendFailure.NoResponse(_kind, Url, exception), exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<string> ReadStartAsync(Stream body, CancellationToken cancellationToken)
    {
        var start = new byte[4096];
        var length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(start, 0, length);
    }

    private static ErrorResponse? ParseError(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, BackendJson.Default.ErrorResponse);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
