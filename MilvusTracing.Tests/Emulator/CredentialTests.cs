using System.Text;
using Grpc.Core;
using MilvusTracing.Emulator;

namespace MilvusTracing.Tests.Emulator;

public sealed class CredentialTests
{
    [Theory]
    [InlineData(null, "missing authorization in header")]
    [InlineData("!!", "invalid token format")]
    [InlineData("root:wrong", "auth check failure, please check username and password are correct")]
    [InlineData("key", "auth check failure, please check api key is correct")]
    [InlineData("root:Milvus", null)]
    public async Task Only_who_has_the_key_is_let_in(string? sent, string? refusal)
    {
        await using var emulator = await MilvusEmulator.StartAsync(new() { Port = 0, Key = "root:Milvus" });
        using var milvus = new MilvusCalls(emulator.Address);
        var metadata = new Metadata();
        if (sent is not null)
        {
            metadata.Add("authorization", sent == "!!" ? sent : Convert.ToBase64String(Encoding.UTF8.GetBytes(sent)));
        }

        var call = async () => await milvus.Client.ConnectAsync(new(), metadata);

        if (refusal is null)
        {
            MilvusCalls.Succeeded((await call()).Status);
        }
        else
        {
            var refused = await Should.ThrowAsync<RpcException>(call);
            (refused.StatusCode, refused.Status.Detail).ShouldBe((StatusCode.Unauthenticated, refusal));
        }
    }
}
