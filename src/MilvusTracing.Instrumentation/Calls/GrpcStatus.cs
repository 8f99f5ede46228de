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

    /// <returns>The error message of the server; null if there is none.</returns>
    public static string? MessageOf(HttpResponseMessage? response)
    {
        const string header = "grpc-message";
        return response is not null
            && (response.TrailingHeaders.NonValidated.TryGetValues(header, out var message) || response.Headers.NonValidated.TryGetValues(header, out message))
                ? Uri.UnescapeDataString(message.ToString())
                : null;
    }
}
