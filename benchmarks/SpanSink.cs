using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MilvusTracing.Benchmarks;

/// <summary>Takes exports of spans in the hub's place, and keeps them as they are.</summary>
internal sealed class SpanSink : IAsyncDisposable
{
    /// <summary>gRPC's frame: a byte for compression, four for the length.</summary>
    private const int FrameHeader = 5;

    private readonly ConcurrentQueue<SpanBatch> _batches = new();
    private WebApplication _app = null!;

    public static async Task<SpanSink> StartAsync()
    {
        var sink = new SpanSink();
        sink._app = await Hub.ReplaceAsync(sink.TakeAsync);
        return sink;
    }

    /// <summary>Waits until nothing has come for a while, longer than Milvus's core holds spans back, and takes what is there.</summary>
    public async Task<IReadOnlyList<SpanBatch>> TakeAllAsync(CancellationToken cancellationToken)
    {
        for (var last = -1; last != _batches.Count;)
        {
            last = _batches.Count;
            await Task.Delay(TimeSpan.FromSeconds(6), cancellationToken);
        }

        SpanBatch[] taken = [.. _batches];
        _batches.Clear();
        return taken;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        _batches.Enqueue(new SpanBatch(body.ToArray()[FrameHeader..]));
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", $"{(int)StatusCode.OK}");
        await context.Response.Body.WriteAsync(new byte[FrameHeader], context.RequestAborted);
    }
}
