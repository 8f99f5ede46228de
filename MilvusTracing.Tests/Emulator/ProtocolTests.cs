using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using MilvusTracing.Emulator;
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

    [Theory]
    [InlineData(new byte[] { })] // no frame
    [InlineData(new byte[] { 0, 0, 0 })] // a truncated frame header
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })] // a truncated frame
    [InlineData(new byte[] { 7, 0, 0, 0, 0 })] // an unknown compression flag
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1 })] // compressed, without an encoding
    [InlineData(new byte[] { 0, 0xff, 0xff, 0xff, 0xff })] // a length of four gigabytes
    public async Task Malformed_frame_is_refused(byte[] body)
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
    public async Task Http_1_request_does_not_affect_others()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Emulator.Address.Port);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await socket.GetStream().ReadExactlyAsync(new byte[1]);
        await WorksAsync();
    }

    [Fact]
    public async Task Message_is_limited_to_64_MiB()
    {
        const int limit = 64 * 1024 * 1024;
        const int overhead = 16; // bytes of the message without the schema
        var fits = new CreateCollectionRequest { CollectionName = Collection, Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit - overhead - Collection.Length]) };
        Refused(await Client.CreateCollectionAsync(fits), "not a valid protobuf message");

        fits.Schema = UnsafeByteOperations.UnsafeWrap(new byte[limit]);
        (await Should.ThrowAsync<RpcException>(async () => await Client.CreateCollectionAsync(fits))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await WorksAsync();
    }

    [Fact]
    public async Task Compressed_request_is_read()
    {
        await Milvus.CreateLoadedAsync();
        var gzip = new Metadata { { "grpc-internal-encoding-request", "gzip" } };
        Succeeded((await Client.InsertAsync(Rows(Ids(1, 2), Vectors([1, 1], [2, 2])), gzip)).Status);
        (await Milvus.IdsWhereAsync("id > 0")).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Search_ends_when_its_deadline_expires_or_the_client_cancels_it()
    {
        await Milvus.CreateLoadedAsync(dimension: 512);
        await Milvus.InsertAsync(Ids([.. Enumerable.Range(0, 5000).Select(i => (long)i)]), Vectors([.. Enumerable.Range(0, 5000).Select(i => new float[512])]));
        var search = Nearest([.. Enumerable.Range(0, 2000).Select(_ => new float[512])]);

        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, deadline: DateTime.UtcNow.AddMilliseconds(50))))
            .StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        using var cancellation = new CancellationTokenSource(50);
        (await Should.ThrowAsync<RpcException>(async () => await Client.SearchAsync(search, cancellationToken: cancellation.Token)))
            .StatusCode.ShouldBe(StatusCode.Cancelled);
        await WorksAsync();
    }

    [Fact]
    public async Task Start_fails_on_a_port_in_use() =>
        (await Should.ThrowAsync<IOException>(() => MilvusEmulator.StartAsync(new() { Port = Emulator.Address.Port })))
            .Message.ShouldContain($"{Emulator.Address.Port}");

    private async Task WorksAsync() => (await Client.CheckHealthAsync(new())).IsHealthy.ShouldBeTrue();

    private async Task<byte[]> CallAsync(string service, string call, byte[] request)
    {
        var bytes = Marshallers.Create(body => body, body => body);
        return await Milvus.Invoker.AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, service, call, bytes, bytes), null, default, request);
    }
}
