using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.TestMilvusClient;

namespace MilvusTracing.Tests.Emulator;

/// <summary>A malformed request fails, and the emulator still serves others.</summary>
public sealed class ProtocolTests : EmulatorTest
{
    private const string Service = "milvus.proto.milvus.MilvusService";

    [Theory]
    [InlineData(Service, "CalcDistance")]
    [InlineData("milvus.proto.milvus.ClientTelemetryService", "ClientHeartbeat")]
    public async Task Unknown_call_is_unimplemented(string service, string call)
    {
        var failure = await Should.ThrowAsync<RpcException>(() => CallAsync(service, call, []));
        failure.StatusCode.ShouldBe(StatusCode.Unimplemented);
        failure.Status.Detail.ShouldContain($"{service}/{call}");
    }

    [Fact]
    public async Task Malformed_message_is_refused()
    {
        (await Should.ThrowAsync<RpcException>(() => CallAsync(Service, "HasCollection", [0xff, 0xff, 0xff])))
            .StatusCode.ShouldBeOneOf(StatusCode.Internal, StatusCode.Unknown);
        await WorksAsync();
    }

    [Fact]
    public async Task Message_is_limited_to_64_MiB()
    {
        const int limit = 64 * 1024 * 1024;
        const int overhead = 16; // bytes of the message without the schema
        var request = new CreateCollectionRequest { CollectionName = Collection };
        request.Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit - overhead - Collection.Length]);
        Refused(await Client.CreateCollectionAsync(request), "not a valid protobuf message");

        request.Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit]);
        (await Should.ThrowAsync<RpcException>(async () => await Client.CreateCollectionAsync(request))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await WorksAsync();
    }

    [Fact]
    public async Task Search_ends_when_its_deadline_expires_or_the_client_cancels_it()
    {
        const int rows = 5000;
        await Milvus.CreateLoadedAsync(dimension: 512);
        await Milvus.InsertAsync(Ids([.. Enumerable.Range(0, rows).Select(i => (long)i)]), Vectors([.. Enumerable.Range(0, rows).Select(_ => new float[512])]));
        var search = Nearest([.. Enumerable.Range(0, 2000).Select(_ => new float[512])]);

        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, deadline: DateTime.UtcNow.AddMilliseconds(50))))
            .StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        using var cancellation = new CancellationTokenSource(50);
        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, cancellationToken: cancellation.Token)))
            .StatusCode.ShouldBe(StatusCode.Cancelled);
        await WorksAsync();
    }

    private async Task WorksAsync() => (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();

    private async Task<byte[]> CallAsync(string service, string call, byte[] request)
    {
        var bytes = Marshallers.Create(body => body, body => body);
        return await Milvus.Invoker.AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, service, call, bytes, bytes), null, default, request);
    }
}
