using System.Diagnostics;

namespace MilvusTracing.Instrumentation.Calls;

/// <summary>What gRPC says of a call that failed.</summary>
/// <seealso href="https://opentelemetry.io/docs/specs/semconv/rpc/grpc/"/>
internal static class GrpcStatus
{
    private const string Ok = "OK";

    // By number, 0 to 16: https://grpc.io/docs/guides/status-codes/
    private static readonly string[] Names =
    [
        Ok, "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <returns>The status by its name; null where the call did not fail.</returns>
    public static string? Of(Activity span)
    {
        // Grpc.Net.Client sets a number; OpenTelemetry replaces it by the name, before this is called or after.
        var status = (span.GetTagItem("grpc.status_code") ?? span.GetTagItem("rpc.response.status_code")) as string;
        var name = int.TryParse(status, out var number) && number >= 0 && number < Names.Length ? Names[number] : status;
        return name == Ok ? null : name;
    }

    /// <returns>What the server says of it; null where it says nothing.</returns>
    public static string? MessageOf(HttpResponseMessage? response)
    {
        const string header = "grpc-message";
        return response is null ? null
            : response.TrailingHeaders.NonValidated.TryGetValues(header, out var message) || response.Headers.NonValidated.TryGetValues(header, out message)
                ? Uri.UnescapeDataString(message.ToString())
            : null;
    }
}
