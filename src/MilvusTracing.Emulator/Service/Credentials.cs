using System.Security.Cryptography;
using System.Text;
using Grpc.Core;

namespace MilvusTracing.Emulator.Service;

/// <summary>Checks the <c>authorization</c> metadata of a call: <c>user:password</c> in base64, as Milvus has it.</summary>
internal sealed class Credentials(string key)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    /// <exception cref="RpcException">UNAUTHENTICATED, with Milvus's words.</exception>
    public void Check(Metadata metadata)
    {
        var token = metadata.GetValue("authorization") ?? throw Unauthenticated("missing authorization in header");
        var sent = new byte[token.Length];
        if (!Convert.TryFromBase64String(token, sent, out var length))
        {
            throw Unauthenticated("invalid token format");
        }

        if (!CryptographicOperations.FixedTimeEquals(sent.AsSpan(0, length), _key))
        {
            throw Unauthenticated(sent.AsSpan(0, length).Contains((byte)':')
                ? "auth check failure, please check username and password are correct"
                : "auth check failure, please check api key is correct");
        }
    }

    private static RpcException Unauthenticated(string reason) => new(new(StatusCode.Unauthenticated, reason));
}
