using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Milvus.Client;

namespace MilvusTracing.Worker.Telemetry;

internal static class FailureTags
{
    /// <summary>
    /// <c>error.type</c>, which the convention wants to have few values: Milvus's error code, gRPC's status or the
    /// exception's type. Where Milvus answered, its code is also <c>db.response.status_code</c>.
    /// </summary>
    public static KeyValuePair<string, object?>[] Of(Exception failure)
        => failure switch
        {
            MilvusException milvus when Code(milvus) is var code => [new("error.type", code), new("db.response.status_code", code)],
            RpcException rpc => [new("error.type", JsonNamingPolicy.SnakeCaseUpper.ConvertName(rpc.StatusCode.ToString()))],
            _ => [new("error.type", failure.GetType().FullName)],
        };

    private static string Code(MilvusException failure) => ((int)failure.ErrorCode).ToString(CultureInfo.InvariantCulture);
}
