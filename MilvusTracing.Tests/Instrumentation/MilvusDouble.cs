using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Tests.Support;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>
/// Answers every call at once, and as badly as it is told to: by the database that the client names, which is
/// <see cref="Fault"/>'s name.
/// </summary>
internal sealed class MilvusDouble : IAsyncDisposable
{
    public const int RowCount = 20_000;
    public const string Reason = "collection not found[collection=books]";

    /// <summary>What a search answers with: five hits.</summary>
    private static readonly byte[] Hits = Message(
        (1, Message((2, ""))),
        (2, Message((1, 1), (2, 5), (4, new float[] { 1, 2, 3, 4, 5 }), (5, Message((1, Message((1, new long[] { 1, 2, 3, 4, 5 }))))), (6, new long[] { 5 }))),
        (3, "books"));

    /// <summary>What a query answers with: a column of 20,000 rows, which is no one packet.</summary>
    private static readonly byte[] Rows = Message(
        (1, Message()),
        (2, Message((1, 5), (2, "id"), (3, Message((3, Message((1, (long[])[.. Enumerable.Range(0, RowCount).Select(row => (long)row)]))))))));

    private readonly FakeHttpServer _server;

    private MilvusDouble(FakeHttpServer server)
    {
        _server = server;
        server.On("*", AnswerAsync);
    }

    public Uri Address => _server.Url;

    /// <summary>Answers in place of the double's own.</summary>
    public Func<string, byte[]?> Answer { get; set; } = _ => null;

    public static async Task<MilvusDouble> StartAsync() => new(await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.Split('/') is not ["", "milvus.proto.milvus.MilvusService", var method])
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

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
            case Fault.Refuse:
                response.Headers["grpc-status"] = "16";
                response.Headers["grpc-message"] = "wrong%20key";
                return;
            case Fault.Overload when context.Request.Headers["grpc-previous-rpc-attempts"].Count == 0:
                response.Headers["grpc-status"] = "14";
                return;
            case Fault.Hang:
                await response.Body.WriteAsync(Frame(Rows).AsMemory(0, 7));
                await response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
                return;
            case Fault.Gzip:
                response.Headers["grpc-encoding"] = "gzip";
                await response.Body.WriteAsync(Compressed(AnswerTo(method)));
                break;
            case Fault.Bytes:
                foreach (var b in Frame(RefusalOf(method)))
                {
                    response.BodyWriter.GetSpan(1)[0] = b;
                    response.BodyWriter.Advance(1);
                    await response.BodyWriter.FlushAsync();
                }

                break;
            case Fault.Error:
                await response.Body.WriteAsync(Frame(RefusalOf(method)));
                break;
            case Fault.OldError:
                await response.Body.WriteAsync(Frame(Message((1, Message((1, 4), (2, "old"))))));
                break;
            default:
                await response.Body.WriteAsync(Frame(Answer(method) ?? AnswerTo(method)));
                break;
        }

        response.AppendTrailer("grpc-status", fault == Fault.Trailers ? "8" : "0");
        response.AppendTrailer("grpc-message", fault == Fault.Trailers ? "too%20much" : "");
    }

    private static byte[] AnswerTo(string method) => method switch
    {
        "Search" => Hits,
        "Query" => Rows,
        "Insert" => Message((1, Message()), (2, Message((1, Message((1, new long[] { 1, 2, 3 }))))), (6, 3)),
        "HasCollection" => Message((1, Message()), (2, true)),
        "GetLoadingProgress" => Message((1, Message()), (2, 100)),
        _ => [],
    };

    /// <summary>Drop and load answer with the status alone, a search with a message that begins with it.</summary>
    private static byte[] RefusalOf(string method)
    {
        var status = Status(100, Reason);
        return method is "DropCollection" or "LoadCollection" ? status : Message((1, status));
    }

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

/// <summary>How the double answers.</summary>
internal enum Fault
{
    None,

    /// <summary>Milvus's error 100 inside a gRPC OK.</summary>
    Error,

    /// <summary>An error of Milvus before 2.3, which has no code but the old one.</summary>
    OldError,

    /// <summary>The error, a byte at a time.</summary>
    Bytes,

    /// <summary>gRPC's status Unauthenticated, in the response's headers.</summary>
    Refuse,

    /// <summary>gRPC's status ResourceExhausted, after the message.</summary>
    Trailers,

    /// <summary>gRPC's status Unavailable, but for a call that is sent again.</summary>
    Overload,

    /// <summary>The answer is compressed.</summary>
    Gzip,

    /// <summary>The answer begins and never ends.</summary>
    Hang,

    /// <summary>The connection breaks.</summary>
    Abort,
}
