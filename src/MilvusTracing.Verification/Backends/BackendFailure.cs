using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace MilvusTracing.Verification;

/// <summary>The causes for a backend that cannot be read: why, and what is at its address instead.</summary>
internal static class BackendFailure
{
    public static Cause KeyRefused(BackendKind kind, Uri url, HttpStatusCode status, bool keyGiven) => new(
        CauseCodes.KeyRefused,
        $"{At(kind, url)} {(keyGiven ? "refuses the API key" : "requires an API key and none was given")} (HTTP {(int)status}).",
        "Give the dashboard's API key; the dashboard is configured with it as Dashboard:Api:PrimaryApiKey.");

    public static Cause NotTheApi(BackendKind kind, Uri url, string what, string? advice = null) => Unreachable(
        $"The server at {Format.Address(url)} is not {kind.Api} but {what}.", CorrectAddress(kind) + advice);

    /// <summary>An error that the backend itself reports.</summary>
    public static Cause ErrorResponse(BackendKind kind, Uri url, HttpStatusCode status, string? message) => Unreachable(
        $"{At(kind, url)} responded with HTTP {(int)status}: {(message ?? "no message").TrimEnd('.')}.", "See the backend's log.");

    /// <summary>A response that is not the backend's: a page, a redirect, or an error of a proxy.</summary>
    public static Cause OtherServer(BackendKind kind, Uri url, HttpResponseMessage response, string text)
    {
        var (status, media) = ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType);
        if (kind == BackendKind.Jaeger && status == 200 && text.Contains("Jaeger UI", StringComparison.Ordinal))
        {
            return Unreachable(
                $"{At(kind, url)} returned its UI instead of JSON: it does not serve /api/v3 at this address.",
                "Update Jaeger to 2.0 or later, which serves /api/v3, and use the address of its UI without a page's path.");
        }

        var server = response.Headers.Server.ToString() is { Length: > 0 } name ? $" ({name})" : "";
        var target = response.Headers.Location is { } location ? $", a redirect to {Format.Address(location)}" : media is null ? "" : $", {media}";
        var isSignIn = status is (>= 300 and < 400) or 401 or 403 or 407 || media == "text/html";
        return NotTheApi(
            kind,
            url,
            $"an HTTP server{server} that responds with {status}{target}",
            isSignIn ? " If a proxy or a sign-in page is in front of it, use an address that bypasses it." : null);
    }

    public static Cause TooLarge(BackendKind kind, Uri url) => Unreachable(
        $"{At(kind, url)} returned more than 256 MiB, or more than 200,000 spans; reading was stopped.",
        "Read one trace by its id, or fewer traces.");

    /// <summary>A file cannot be read, or has no spans (no exception).</summary>
    public static Cause File(string path, Exception? exception)
    {
        const string formats = "It should be what Jaeger's UI downloads, or OTLP JSON as the Collector's file exporter writes it, both also as "
            + "gzip, or the Aspire dashboard's export, a zip.";
        var (message, fix) = exception switch
        {
            null => ("has no spans", formats),
            FileNotFoundException or DirectoryNotFoundException => ("does not exist", $"Correct the path, which is relative to {Environment.CurrentDirectory}."),
            BoundedStream.LimitExceededException => (
                "has more than 256 MiB of JSON, or more than 200,000 spans; reading was stopped",
                $"Read a part of it. Of a file with a document on each line, 'grep TRACE_ID {path}' prints those of one trace."),
            FormatException => ($"is not JSON; it starts with '{Printable.Of(exception.Message)}'", formats),
            JsonException { InnerException: JsonException } json => ($"is truncated or damaged JSON, {Position(json)} on", $"Download it again. {formats}"),
            JsonException json => ($"is JSON, but not of traces: {json.Path}, {Position(json)} on, is not what traces have there", formats),
            InvalidDataException => ("is a damaged or truncated archive", $"Download it again. {formats}"),
            UnauthorizedAccessException when Directory.Exists(path) => ("is a folder", "Name the files in it."),
            _ => ($"cannot be read: {exception.Message.TrimEnd('.')}", "Name a file that this user may read."),
        };
        return new(CauseCodes.FileUnreadable, $"The file {path} {message}.", fix);

        static string Position(JsonException json) => FormattableString.Invariant($"from byte {json.BytePositionInLine + 1} of line {json.LineNumber + 1}");
    }

    public static Cause TimedOut(ITraceBackend backend) => Unreachable(
        $"{BackendKind.TitleOf(backend)}{(backend.Url is { } url ? $" at {Format.Address(url)}" : "")} did not respond in time.",
        "Check that it runs, or wait longer.");

    /// <summary>An exception of a custom backend.</summary>
    public static Cause Unexpected(ITraceBackend backend, Exception exception) => Unreachable(
        $"{BackendKind.TitleOf(backend)} failed with {exception.GetType().Name}: {exception.Message}", "Correct this backend, or remove it from the request.");

    /// <summary>No response came, or one that is not HTTP/1.1.</summary>
    public static Cause NoResponse(BackendKind kind, Uri url, Exception exception) => (exception, FindSocketException(exception)) switch
    {
        ({ InnerException: AuthenticationException tls }, _) => Tls(kind, url, tls),
        (_, { SocketErrorCode: SocketError.ConnectionRefused }) =>
            Unreachable($"Nothing listens at {Format.Address(url)}, where {kind.Api} should be.", CorrectAddress(kind, "Start it, or correct")) with { IsNoConnection = true },
        (_, { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }) =>
            Unreachable($"The host name in {Format.Address(url)} is not known.", CorrectAddress(kind)) with { IsNoConnection = true },
        (_, { } socket) => Unreachable($"{At(kind, url)} cannot be reached: {socket.Message.TrimEnd('.')}.", CorrectAddress(kind, "Check the network, or correct")),
        (OperationCanceledException, _) => Unreachable($"{At(kind, url)} does not respond.", CorrectAddress(kind, "Check the network, or correct")),
        (InvalidDataException, _) => NotTheApi(kind, url, "a server whose response cannot be decompressed"),
        _ => NotTheApi(kind, url, "a server that does not speak HTTP/1.1, such as a gRPC server (Milvus's 19530 or OTLP's 4317)"),
    };

    private static Cause Unreachable(string message, string fix) => new(CauseCodes.BackendUnreachable, message, fix);

    private static string At(BackendKind kind, Uri url) => $"{kind.Title} at {Format.Address(url)}";

    private static string CorrectAddress(BackendKind kind, string verb = "Correct") => $"{verb} the address of {kind.Api}; it is usually {kind.UsualUrl}.";

    private static Cause Tls(BackendKind kind, Uri url, AuthenticationException exception) =>
        exception.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
            ? new Cause(
                CauseCodes.CertificateUntrusted,
                $"This machine does not trust the certificate of {Format.Address(url)}.",
                "Trust the development certificate by 'dotnet dev-certs https --trust' (on Linux also set SSL_CERT_DIR as that command says), "
                    + "or use the host name that the certificate is issued for.")
            : Unreachable($"The server at {Format.Address(url)} does not speak TLS.", $"Use http:// in the address of {kind.Api}, or the port that has TLS.");

    private static SocketException? FindSocketException(Exception? exception) => exception switch
    {
        null => null,
        SocketException { SocketErrorCode: not SocketError.ConnectionReset } socket => socket,
        _ => FindSocketException(exception.InnerException),
    };
}
