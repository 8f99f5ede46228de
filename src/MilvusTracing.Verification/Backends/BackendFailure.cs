using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace MilvusTracing.Verification;

/// <summary>Why a backend could not be asked, and what stands at its address instead.</summary>
internal static class BackendFailure
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    public static Cause KeyRefused(BackendKind kind, Uri url, HttpStatusCode status, bool keyGiven) => new(
        CauseCodes.KeyRefused,
        $"{kind.Title} at {Format.Address(url)} {(keyGiven ? "refuses the API key" : "wants an API key and none was given")} (HTTP {(int)status}).",
        "Give the dashboard's API key by --dashboard-key or ASPIRE_DASHBOARD_KEY; the dashboard has it as Dashboard:Api:PrimaryApiKey.");

    public static Cause SomethingElse(BackendKind kind, Uri url, string what) => Unreachable(
        $"What answers at {Format.Address(url)} is not {kind.Api} but {what}.", $"Name the address of {kind.Api} by {kind.Settings}; it is usually {kind.Usual}.");

    public static Cause TooLarge(BackendKind kind, Uri url) => Unreachable(
        $"{kind.Title} at {Format.Address(url)} sends more than a trace of 200,000 spans takes; it was read no further.", "Ask for one trace by its id, or for fewer by --last.");

    public static Cause Silent(ITraceBackend backend) => Unreachable(
        $"{BackendKind.TitleOf(backend)}{(backend.Url is { } url ? $" at {Format.Address(url)}" : "")} did not answer in time.", "Check that it is up, or give it longer by --wait.");

    /// <summary>For a backend that is not this library's own, and fails in a way of its own.</summary>
    public static Cause Broken(ITraceBackend backend, Exception exception) => Unreachable(
        $"{BackendKind.TitleOf(backend)} failed with {exception.GetType().Name}: {exception.Message}", "Correct the backend, or leave it out.");

    public static string Describe(HttpResponseMessage response)
    {
        var server = response.Headers.Server.ToString() is { Length: > 0 } name ? $" ({name})" : "";
        var media = response.Content.Headers.ContentType?.MediaType;
        var target = response.Headers.Location is { } location ? $", a redirect to {Format.Address(location)}" : media is null ? "" : $", {media}";
        return $"an HTTP server{server} that answers {(int)response.StatusCode}{target}";
    }

    /// <summary>Finds out why no answer came.</summary>
    public static async Task<Cause> UnreachableAsync(BackendKind kind, Uri url, Exception exception, CancellationToken cancellationToken)
    {
        if (exception.InnerException is AuthenticationException tls)
        {
            return Tls(kind, url, tls);
        }

        var checkNetwork = $"Check the network, or name another address by {kind.Settings}.";
        if (Socket(exception) is { } socket)
        {
            return socket.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Unreachable(
                    $"Nothing listens at {Format.Address(url)}, where {kind.Api} should be.", $"Start it, or name its address by {kind.Settings}."),
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => Unreachable(
                    $"The host name in {Format.Address(url)} is not known.", $"Correct the address in {kind.Settings}."),
                _ => Unreachable($"{kind.Title} at {Format.Address(url)} cannot be reached: {socket.Message.TrimEnd('.')}.", checkNetwork),
            };
        }

        if (exception is HttpRequestException or IOException && await AnswersHttp2Async(url, cancellationToken).ConfigureAwait(false))
        {
            return SomethingElse(kind, url, "a gRPC server (HTTP/2 only, such as Milvus's 19530 or OTLP's 4317)");
        }

        return exception switch
        {
            OperationCanceledException => Unreachable($"{kind.Title} at {Format.Address(url)} does not answer.", checkNetwork),
            InvalidDataException => SomethingElse(kind, url, "a server whose answer cannot be unpacked"),
            _ => SomethingElse(kind, url, "a server that does not speak HTTP"),
        };
    }

    private static Cause Unreachable(string message, string fix) => new(CauseCodes.BackendUnreachable, message, fix);

    private static Cause Tls(BackendKind kind, Uri url, AuthenticationException exception) =>
        exception.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
            ? new Cause(
                CauseCodes.CertificateUntrusted,
                $"The certificate of {Format.Address(url)} is not trusted here.",
                "Trust the development certificate by 'dotnet dev-certs https --trust' (on Linux also set SSL_CERT_DIR as that command says), or use the address that the certificate names.")
            : Unreachable($"What answers at {Format.Address(url)} does not speak TLS.", $"Use http:// in {kind.Settings}, or the port that has TLS.");

    private static SocketException? Socket(Exception? exception) => exception switch
    {
        null => null,
        SocketException { SocketErrorCode: not SocketError.ConnectionReset } socket => socket,
        _ => Socket(exception.InnerException),
    };

    private static async Task<bool> AnswersHttp2Async(Uri url, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ProbeTimeout);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        // A call as gRPC makes it: some servers reset the stream of any other, which garbage cannot be told from.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/grpc") } },
            Headers = { TE = { new("trailers") } },
        };
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
