using Grpc.Core;
using Grpc.Net.Client;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>Calls any RPC of Milvus with a message of any bytes.</summary>
internal static class RawCall
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(message => message, message => message);

    /// <returns>The message of the response.</returns>
    public static async Task<byte[]> CallAsync(
        this GrpcChannel channel,
        string rpc,
        byte[] message,
        Metadata? headers = null,
        DateTime? deadline = null,
        string service = "milvus.proto.milvus.MilvusService")
        => await channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, service, rpc, Bytes, Bytes), host: null, new CallOptions(headers, deadline), message);
}
