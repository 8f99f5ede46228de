using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;

namespace MilvusTracing.Benchmarks;

/// <summary>Sends spans to the hub at a rate, whether it keeps up or not.</summary>
internal sealed class SpanLoad(IReadOnlyList<SpanBatch> batches)
{
    /// <summary>Exports under way at a time; more would be more than any exporter has.</summary>
    private const int Concurrency = 64;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(message => message, message => message);

    private static readonly Method<byte[], byte[]> Export =
        new(MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", Bytes, Bytes);

    /// <param name="spansPerSecond">How many are to be sent in a second.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>What became of them.</returns>
    public async Task<Sent> SendAsync(double spansPerSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(Hub.Otlp);
        var invoker = channel.CreateCallInvoker();
        using var slots = new SemaphoreSlim(Concurrency);
        long offered = 0, accepted = 0, refused = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration)
        {
            var mask = SpanBatch.NewMask();
            foreach (var batch in batches)
            {
                var early = TimeSpan.FromSeconds(offered / spansPerSecond) - watch.Elapsed;
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, cancellationToken);
                }

                await slots.WaitAsync(cancellationToken);
                if (watch.Elapsed >= duration)
                {
                    slots.Release();
                    break;
                }

                offered += batch.Spans;
                _ = SendAsync(batch, mask);
            }
        }

        var elapsed = watch.Elapsed;
        for (var slot = 0; slot < Concurrency; slot++)
        {
            await slots.WaitAsync(cancellationToken);
        }

        return new(offered / elapsed.TotalSeconds, accepted, refused);

        async Task SendAsync(SpanBatch batch, byte[] mask)
        {
            try
            {
                using var call = invoker.AsyncUnaryCall(Export, null, new(deadline: DateTime.UtcNow + Deadline, cancellationToken: cancellationToken), batch.Under(mask));
                await call.ResponseAsync;
                Interlocked.Add(ref accepted, batch.Spans);
            }
            catch (RpcException)
            {
                Interlocked.Add(ref refused, batch.Spans);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    /// <param name="PerSecond">The spans that were really sent in a second.</param>
    /// <param name="Accepted">Those that the hub took.</param>
    /// <param name="Refused">Those that it did not take, or not in time.</param>
    internal sealed record Sent(double PerSecond, long Accepted, long Refused);
}
