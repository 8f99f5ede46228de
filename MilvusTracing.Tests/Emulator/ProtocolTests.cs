using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator;
using MilvusTracing.Emulator.Protos;
using static MilvusTracing.Tests.Emulator.MilvusCalls;

namespace MilvusTracing.Tests.Emulator;

/// <summary>What the emulator does with calls that are not as they should be: an error for that call, and no more.</summary>
public sealed class ProtocolTests : EmulatorTest
{
    private const string Service = "milvus.proto.milvus.MilvusService";

    [Theory]
    [InlineData(Service, "CalcDistance")]
    [InlineData("some.other.Service", "Call")]
    public async Task A_call_that_it_does_not_have_is_unimplemented_by_name(string service, string call)
    {
        var refused = await Should.ThrowAsync<RpcException>(() => CallAsync(service, call, []));
        (refused.StatusCode, refused.Status.Detail).ShouldBe((StatusCode.Unimplemented, $"the emulator of Milvus has no call {service}/{call}"));
    }

    [Fact]
    public async Task A_message_that_is_none_is_refused()
    {
        (await Should.ThrowAsync<RpcException>(() => CallAsync(Service, "HasCollection", [0xff, 0xff, 0xff])))
            .StatusCode.ShouldBeOneOf(StatusCode.Internal, StatusCode.Unknown);
        await WorksAsync();
    }

    [Theory]
    [InlineData(new byte[] { })] // no frame
    [InlineData(new byte[] { 0, 0, 0 })] // half a frame's head
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })] // a frame that ends early
    [InlineData(new byte[] { 7, 0, 0, 0, 0 })] // an unknown compression flag
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1 })] // compressed, but by what?
    [InlineData(new byte[] { 0, 0xff, 0xff, 0xff, 0xff })] // four gigabytes announced
    public async Task A_frame_that_is_none_is_refused(byte[] body)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Emulator.Address, $"{Service}/GetVersion"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();

        response.Headers.Concat(response.TrailingHeaders).Where(header => header.Key == "grpc-status").ShouldHaveSingleItem(response.ToString())
            .Value.ShouldNotBe(["0"]);
        await WorksAsync();
    }

    [Fact]
    public async Task Bytes_that_are_not_HTTP_2_harm_nobody()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Emulator.Address.Port);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await socket.GetStream().ReadExactlyAsync(new byte[1]);
        await WorksAsync();
    }

    [Fact]
    public async Task A_message_up_to_64_MiB_is_read_and_a_larger_one_refused()
    {
        const int limit = 64 * 1024 * 1024;
        const int around = 16; // bytes of the message beside the schema
        var fits = new CreateCollectionRequest { CollectionName = Collection, Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit - around - Collection.Length]) };
        (await Client.CreateCollectionAsync(fits)).Reason.ShouldBe("proto: cannot parse invalid wire-format data");

        fits.Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit]);
        (await Should.ThrowAsync<RpcException>(async () => await Client.CreateCollectionAsync(fits))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await WorksAsync();
    }

    [Fact]
    public async Task A_compressed_request_is_read()
    {
        await Milvus.CreateLoadedAsync();
        var gzip = new Metadata { { "grpc-internal-encoding-request", "gzip" } };
        Succeeded((await Client.InsertAsync(Rows(Ids(1, 2), Vectors([1, 1], [2, 2])), gzip)).Status);
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_search_ends_when_its_deadline_has_passed_or_its_caller_has_left()
    {
        await Milvus.CreateLoadedAsync(dimension: 512);
        await Milvus.InsertAsync(Ids([.. Enumerable.Range(0, 5000).Select(i => (long)i)]), Vectors([.. Enumerable.Range(0, 5000).Select(i => new float[512])]));
        var long_ = Nearest([.. Enumerable.Range(0, 2000).Select(_ => new float[512])]);

        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(long_, deadline: DateTime.UtcNow.AddMilliseconds(50))))
            .StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        using var leaving = new CancellationTokenSource(50);
        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(long_, cancellationToken: leaving.Token)))
            .StatusCode.ShouldBe(StatusCode.Cancelled);
        await WorksAsync();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_at_the_start() =>
        (await Should.ThrowAsync<IOException>(() => MilvusEmulator.StartAsync(new() { Port = Emulator.Address.Port })))
            .Message.ShouldContain($"{Emulator.Address.Port}");

    private async Task WorksAsync() => (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();

    private async Task<byte[]> CallAsync(string service, string call, byte[] request)
    {
        var bytes = Marshallers.Create(body => body, body => body);
        return await Milvus.Invoker.AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, service, call, bytes, bytes), null, default, request);
    }
}
