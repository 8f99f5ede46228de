using Grpc.Core;
using Milvus.Client;
using MilvusTracing.Worker.Passes;
using MilvusTracing.Worker.Settings;

namespace MilvusTracing.Tests.Worker;

public sealed class FailureReasonTests
{
    private static readonly MilvusServer Server = new("milvus.example", 19530);

    [Theory]
    [InlineData(StatusCode.DeadlineExceeded, "Milvus at milvus.example:19530 answered DeadlineExceeded (too busy)")]
    [InlineData(StatusCode.Unauthenticated, "Milvus at milvus.example:19530 refused the key (too busy); check Key in ConnectionStrings:milvus")]
    public void A_failed_call_is_told_by_its_gRPC_status(StatusCode status, string reason)
        => FailureReason.Of(new RpcException(new Status(status, "too busy")), Server).ShouldBe(reason);

    [Fact]
    public void An_error_of_Milvus_is_told_as_Milvus_tells_it()
        => FailureReason.Of(new MilvusException(MilvusErrorCode.CollectionNotFound, "collection not found"), Server)
            .ShouldBe("ErrorCode: CollectionNotFound Reason: collection not found");
}
