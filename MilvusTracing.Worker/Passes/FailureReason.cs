using Grpc.Core;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Worker.Passes;

internal static class FailureReason
{
    /// <summary>What went wrong, and what to check, in a line for the user.</summary>
    public static string Of(Exception failure, MilvusServer server)
        => failure switch
        {
            RpcException { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied } refused
                => $"Milvus at {server} refused the key ({refused.Status.Detail}); check Key in ConnectionStrings:milvus",
            RpcException { Status.DebugException: { } cause }
                => $"no connection to Milvus at {server} ({cause.GetBaseException().Message.TrimEnd('.')}); check that it is up, and the address and its http:// or https:// in ConnectionStrings:milvus",
            RpcException rpc => $"Milvus at {server} answered {rpc.StatusCode} ({rpc.Status.Detail})",
            _ => failure.Message,
        };

    public static string Late(MilvusServer server)
        => $"Milvus at {server} did not answer within {PassOperations.TimeLimit.TotalSeconds} s";
}
