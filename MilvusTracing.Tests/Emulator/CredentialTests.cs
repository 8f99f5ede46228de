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
    public async Task Calls_need_the_right_token(string? sent, string? error)
    {
        await using var emulator = await MilvusEmulator.StartAsync(new() { Port = 0, Token = "root:Milvus" });
        using var milvus = new TestMilvusClient(emulator.Address);
        var metadata = new Metadata();
        if (sent is not null)
        {
            metadata.Add("authorization", sent == "!!" ? sent : Convert.ToBase64String(Encoding.UTF8.GetBytes(sent)));
        }

        var call = async () => await milvus.Client.ConnectAsync(new(), metadata);

        if (error is null)
        {
            TestMilvusClient.Succeeded((await call()).Status);
        }
        else
        {
            var failure = await Should.ThrowAsync<RpcException>(call);
            (failure.StatusCode, failure.Status.Detail).ShouldBe((StatusCode.Unauthenticated, error));
        }
    }
}
