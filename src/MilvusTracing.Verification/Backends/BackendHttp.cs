using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MilvusTracing.Verification;

/// <summary>GET requests to a backend: no more is read than a large trace needs, and every failure is told as a <see cref="Cause"/>.</summary>
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

    /// <summary>Reads one JSON answer; null where the backend says in its own words that it holds no such thing.</summary>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (_kind == BackendKind.Dashboard && response.StatusCode is (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                throw new BackendException(BackendFailure.KeyRefused(_kind, Url, response.StatusCode, _client.DefaultRequestHeaders.Contains(KeyHeader)));
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var closing = body.ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound && (IsEmptyProblem(response) || await IsOwnNotFoundAsync(body, cancellationToken).ConfigureAwait(false)))
            {
                return null;
            }

            if (response.StatusCode != HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType != "application/json")
            {
                throw new BackendException(BackendFailure.SomethingElse(_kind, Url, BackendFailure.Describe(response)));
            }

            return await JsonSerializer.DeserializeAsync(new BoundedStream(body), type, cancellationToken).ConfigureAwait(false)
                ?? throw new BackendException(BackendFailure.SomethingElse(_kind, Url, "an HTTP server that answers null"));
        }
        catch (BoundedStream.ExceededException exception)
        {
            throw new BackendException(BackendFailure.TooLarge(_kind, Url), exception);
        }
        catch (JsonException exception)
        {
            throw new BackendException(BackendFailure.SomethingElse(_kind, Url, "an HTTP server whose JSON is not of the expected form"), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BackendException(await BackendFailure.UnreachableAsync(_kind, Url, exception, cancellationToken).ConfigureAwait(false), exception);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The dashboard of Aspire 13.6 sends a problem without a word in it.</summary>
    private bool IsEmptyProblem(HttpResponseMessage response) =>
        _kind == BackendKind.Dashboard && response.Content.Headers.ContentType?.MediaType == "application/problem+json";

    /// <summary>Whether a 404 is the backend's word that it lacks the thing, and not a stranger's that it lacks the page.</summary>
    private async Task<bool> IsOwnNotFoundAsync(Stream body, CancellationToken cancellationToken)
    {
        var start = new byte[4096];
        var length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(start, 0, length).Contains(_kind.NotFoundMark, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads another stream up to a number of bytes, and of JSON objects, of which three bytes make one of a hundred in memory.</summary>
    private sealed class BoundedStream(Stream inner) : Stream
    {
        // A span of Milvus takes about 1.1 kB of Jaeger's JSON and 12 objects: this is room for 200,000.
        private long _bytes = 256L * 1024 * 1024;
        private int _objects = 4_000_000;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _bytes -= read;
            _objects -= buffer.Span[..read].Count((byte)'{');
            return _bytes >= 0 && _objects >= 0 ? read : throw new ExceededException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public sealed class ExceededException : Exception;
    }
}
