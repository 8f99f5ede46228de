using System.Collections.Concurrent;
using System.IO.Compression;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>A gRPC server that responds like Milvus. The client selects a <see cref="Fault"/> by naming it as the database.</summary>
internal sealed class FakeMilvus : IAsyncDisposable
{
    public const int RowCount = 20_000;
    public const string Reason = "collection not found[collection=books]";

    /// <summary>The response to a search: five hits.</summary>
    private static readonly byte[] Hits = Message(
        (1, Message((2, ""))),
        (2, Message((1, 1), (2, 5), (4, new float[] { 1, 2, 3, 4, 5 }), (5, Message((1, Message((1, new long[] { 1, 2, 3, 4, 5 }))))), (6, new long[] { 5 }))),
        (3, "books"));

    /// <summary>The response to a query: a column of 20,000 rows, which takes several packets.</summary>
    private static readonly byte[] Rows = Message(
        (1, Message()),
        (2, Message((1, 5), (2, "id"), (3, Message((3, Message((1, (long[])[.. Enumerable.Range(0, RowCount).Select(row => (long)row)]))))))));

    private static readonly byte[] Error = Status(100, Reason);

    private readonly FakeHttpServer _server;

    private FakeMilvus(FakeHttpServer server)
    {
        _server = server;
        server.On("*", RespondAsync);
    }

    public Uri Address => _server.Url;

    /// <summary>Returns a response by the name of the RPC; null for the default response.</summary>
    public Func<string, byte[]?> Response { get; set; } = _ => null;

    /// <summary>The traceparent headers of all requests; empty strings for requests without one.</summary>
    public ConcurrentQueue<string> TraceParents { get; } = new();

    public static async Task<FakeMilvus> StartAsync() => new(await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task RespondAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.Split('/') is not ["", "milvus.proto.milvus.MilvusService", var method])
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        TraceParents.Enqueue(context.Request.Headers.TraceParent.ToString());
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        _ = Enum.TryParse(context.Request.Headers["dbname"].ToString(), ignoreCase: true, out Fault fault);
        if (fault == Fault.Abort)
        {
            await context.Request.BodyReader.ReadAsync();
            context.Abort();
            return;
        }

        await context.Request.Body.CopyToAsync(Stream.Null);
        var response = context.Response;
        response.ContentType = "application/grpc";
        switch (fault)
        {
            case Fault.Unauthenticated:
                await OtlpFaults.GrpcStatus(StatusCode.Unauthenticated, "wrong key")(context, _ => Task.CompletedTask);
                return;
            case Fault.UnavailableOnce when context.Request.Headers["grpc-previous-rpc-attempts"].Count == 0:
                await OtlpFaults.GrpcStatus(StatusCode.Unavailable)(context, _ => Task.CompletedTask);
                return;
            case Fault.BadGateway or Fault.Html:
                await FakeHttpServer.SendAsync(context, fault == Fault.Html ? 200 : 503, "text/html", "<html>");
                return;
            case Fault.Reset:
                await response.Body.WriteAsync(Frame(ErrorOf(method)).AsMemory(0, 20));
                await response.Body.FlushAsync();
                context.Abort();
                return;
            case Fault.Hang:
                await response.Body.WriteAsync(Frame(Rows).AsMemory(0, 7));
                await response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
                return;
            case Fault.Gzip or Fault.GzipError:
                response.Headers["grpc-encoding"] = "gzip";
                await response.Body.WriteAsync(Compressed(fault == Fault.Gzip ? ResponseOf(method) : ErrorOf(method)));
                break;
            case Fault.ErrorInSingleBytes:
                foreach (var b in Frame(ErrorOf(method)))
                {
                    await response.Body.WriteAsync(new[] { b });
                    await response.Body.FlushAsync();
                }

                break;
            default:
                await response.Body.WriteAsync(Frame(fault switch
                {
                    Fault.Error => ErrorOf(method),
                    Fault.OldError => ErrorOf(method, Message((1, 4), (2, "old"))),
                    Fault.Malformed => [.. ErrorOf(method), 0xFF],
                    _ => Response(method) ?? ResponseOf(method),
                }));
                break;
        }

        response.AppendTrailer("grpc-status", fault == Fault.ExhaustedInTrailers ? "8" : "0");
        response.AppendTrailer("grpc-message", fault == Fault.ExhaustedInTrailers ? "too%20much" : "");
    }

    private static byte[] ResponseOf(string method) => method switch
    {
        "Search" => Hits,
        "Query" => Rows,
        "Insert" => Message((1, Message()), (2, Message((1, Message((1, new long[] { 1, 2, 3 }))))), (6, 3)),
        "HasCollection" => Message((1, Message()), (2, true)),
        "GetLoadingProgress" => Message((1, Message()), (2, 100)),
        _ => [],
    };

    /// <summary>DropCollection and LoadCollection respond with a status; other responses have it in field 1.</summary>
    private static byte[] ErrorOf(string method, byte[]? status = null) =>
        method is "DropCollection" or "LoadCollection" ? status ?? Error : Message((1, status ?? Error));

    private static byte[] Compressed(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(message);
        }

        var frame = Frame(compressed.ToArray());
        frame[0] = 1;
        return frame;
    }
}

/// <summary>What is wrong with a response. "The error" is Milvus's error 100 with gRPC's status OK.</summary>
internal enum Fault
{
    None,
    Error,
    ErrorInSingleBytes, // each byte in a packet of its own
    OldError, // of Milvus before 2.3, without field 3
    Unauthenticated, // gRPC's status UNAUTHENTICATED in the headers of the response
    ExhaustedInTrailers, // gRPC's status RESOURCE_EXHAUSTED after the message
    UnavailableOnce, // gRPC's status UNAVAILABLE; a retry succeeds
    Gzip, // a compressed response without an error
    GzipError,
    BadGateway, // HTTP status 503 and HTML, as a proxy sends it
    Html, // HTTP status 200 and HTML
    Reset, // the server aborts the connection inside the message
    Malformed, // the error in a message that is not valid protobuf
    Hang, // the response starts and does not end
    Abort, // the server aborts the connection without a response
}
