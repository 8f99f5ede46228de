using Grpc.Core;

namespace MilvusTracing.Worker.Telemetry;

internal static class FailureReason
{
    /// <summary>What went wrong, for the user, in a line.</summary>
    public static string Of(Exception failure)
        => failure switch
        {
            RpcException { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied } refused
                => $"Milvus refused the key, check Key in ConnectionStrings:milvus ({refused.Status.Detail})",
            RpcException { StatusCode: StatusCode.Unavailable, Status.DebugException: { } cause }
                => $"Milvus is not reachable, check Endpoint in ConnectionStrings:milvus ({cause.GetBaseException().Message})",
            RpcException rpc => $"{rpc.StatusCode}: {rpc.Status.Detail}",
            _ => failure.Message,
        };
}
