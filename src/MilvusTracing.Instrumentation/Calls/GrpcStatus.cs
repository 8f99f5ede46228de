using System.Diagnostics;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>Reads the gRPC status of a failed call.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/rpc/grpc/"/>
internal static class GrpcStatus
{
    private const string Ok = "OK";

    // The index is the status code: https://grpc.io/docs/guides/status-codes/
    private static readonly string[] Names =
    [
        Ok, "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <returns>The name of the status; null if the call succeeded.</returns>
    public static string? Of(Activity span)
    {
        // Grpc.Net.Client sets the code. OpenTelemetry replaces it with the name, before or after this method runs.
        var status = (span.GetTagItem("grpc.status_code") ?? span.GetTagItem("rpc.response.status_code")) as string;
        var name = int.TryParse(status, out var code) && code >= 0 && code < Names.Length ? Names[code] : status;
        return name == Ok ? null : name;
    }

    /// <summary>Returns why the call failed: the error message of the server, an exception, or what is wrong with the response.</summary>
    public static string? DescriptionOf(string status, HttpResponseMessage? response, Exception? exception)
        => response is not null && HeaderOrTrailer(response, "grpc-message") is { Length: > 0 } message
                ? Uri.UnescapeDataString(message)
            : response is { IsSuccessStatusCode: false } ? $"HTTP status {(int)response.StatusCode}"
            : response?.Content.Headers.ContentType is { MediaType: { } type } && !type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
                ? $"content type {type}"
            : status is "CANCELLED" or "DEADLINE_EXCEEDED" ? null
            : exception is not null ? exception.GetBaseException().Message
            : response is null || HeaderOrTrailer(response, "grpc-status") is not (null or "0") ? null
            : "The response is incomplete or malformed.";

    private static string? HeaderOrTrailer(HttpResponseMessage response, string name)
        => response.TrailingHeaders.NonValidated.TryGetValues(name, out var values) || response.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString()
            : null;
}
