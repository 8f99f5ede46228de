using System.Security.Cryptography;
using System.Text;
using Grpc.Core;

namespace MilvusTracing.Emulator.Service;

/// <summary>Checks the <c>authorization</c> metadata of a call: <c>user:password</c> in base64, as in Milvus.</summary>
internal sealed class Credentials(string token)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);

    /// <exception cref="RpcException">UNAUTHENTICATED, with Milvus's message.</exception>
    public void Check(Metadata metadata)
    {
        var header = metadata.GetValue("authorization") ?? throw Unauthenticated("missing authorization in header");
        var sent = new byte[header.Length];
        if (!Convert.TryFromBase64String(header, sent, out var length))
        {
            throw Unauthenticated("invalid token format");
        }

        if (!CryptographicOperations.FixedTimeEquals(sent.AsSpan(0, length), _token))
        {
            throw Unauthenticated(sent.AsSpan(0, length).Contains((byte)':')
                ? "auth check failure, please check username and password are correct"
                : "auth check failure, please check api key is correct");
        }
    }

    private static RpcException Unauthenticated(string reason) => new(new(StatusCode.Unauthenticated, reason));
}
