using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Milvus.Client;

namespace MilvusTracing.Worker.Telemetry;

internal static class ErrorType
{
    /// <summary>A few values only, as the convention asks: Milvus's error code, gRPC's status or the exception's type.</summary>
    public static string Of(Exception failure)
        => failure switch
        {
            MilvusException milvus => ((int)milvus.ErrorCode).ToString(CultureInfo.InvariantCulture),
            RpcException rpc => JsonNamingPolicy.SnakeCaseUpper.ConvertName(rpc.StatusCode.ToString()),
            _ => failure.GetType().FullName!,
        };
}
