using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using MilvusTracing.Emulator;

namespace MilvusTracing.Tests.Emulator;

public sealed class CredentialTests : EmulatorTest
{
    internal override EmulatorSettings Settings => new() { Port = 0, Token = "root:Milvus" };

    [Theory]
    [InlineData(null, "missing authorization in header")]
    [InlineData("!!", "invalid token format")]
    [InlineData("root:wrong", "auth check failure, please check username and password are correct")]
    [InlineData("key", "auth check failure, please check api key is correct")]
    [InlineData("root:Milvus", null)]
    public async Task Calls_need_the_right_token_and_health_checks_do_not(string? sent, string? error)
    {
        (await new Health.HealthClient(Milvus.Invoker).CheckAsync(new())).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        var metadata = new Metadata();
        if (sent is not null)
        {
            metadata.Add("authorization", sent == "!!" ? sent : Convert.ToBase64String(Encoding.UTF8.GetBytes(sent)));
        }

        var call = async () => await Client.ConnectAsync(new(), metadata);

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
