using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp.Protos;
using Span = MilvusTracing.Tests.Support.Otlp.Protos.Span;
using Status = MilvusTracing.Tests.Support.Otlp.Protos.Status;

namespace MilvusTracing.Tests.Kubernetes;

/// <summary>
/// Sends 200 traces a second, each with a span from each of seven services. A service has its own connection and retries an
/// export until it is accepted. One trace in 50 fails.
/// </summary>
internal sealed class TraceLoad : IAsyncDisposable
{
    public const int TracesPerSecond = 200;
    public const int SpansPerTrace = 7;
    private const int FailedOneIn = 50;
    private const int ExportSize = 512;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _sending;
    private int _refused;

    /// <param name="otlp">The OTLP/gRPC endpoint.</param>
    public TraceLoad(Uri otlp)
    {
        var queues = Enumerable.Range(0, SpansPerTrace).Select(_ => Channel.CreateUnbounded<Span>()).ToArray();
        _sending = Task.WhenAll([MakeAsync(queues), .. queues.Select((queue, index) => SendAsync(otlp, Service(index), queue.Reader))]);
    }

    /// <summary>The operation of all spans of successful traces.</summary>
    public string Operation { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The operation of all spans of failed traces.</summary>
    public string FailedOperation => $"{Operation}-failed";

    public int Traces { get; private set; }

    public int FailedTraces { get; private set; }

    /// <summary>Spans in exports that had to be repeated.</summary>
    public int Refused => _refused;

    public static string Service(int index) => $"service-{index}";

    /// <summary>Stops the load, and waits until all spans are accepted.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending.WaitAsync(Timeouts.Limit);
    }

    /// <summary>Stops the load, whether all spans are accepted or not.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _abort.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _abort.Dispose();
    }

    private async Task MakeAsync(Channel<Span>[] queues)
    {
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Tick);
        while (!_stop.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            for (; Traces < watch.Elapsed.TotalSeconds * TracesPerSecond; Traces++)
            {
                var isFailed = Traces % FailedOneIn == 0;
                FailedTraces += isFailed ? 1 : 0;
                Make(queues, isFailed);
            }
        }

        Array.ForEach(queues, queue => queue.Writer.Complete());
    }

    private void Make(Channel<Span>[] queues, bool isFailed)
    {
        var trace = Id(16);
        var parent = ByteString.Empty;
        var now = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        foreach (var queue in queues)
        {
            var span = new Span
            {
                TraceId = trace,
                SpanId = Id(8),
                ParentSpanId = parent,
                Name = isFailed ? FailedOperation : Operation,
                Kind = Span.Types.SpanKind.Server,
                StartTimeUnixNano = now,
                EndTimeUnixNano = now + 1_000_000,
                Status = new() { Code = isFailed && queue == queues[^1] ? Status.Types.StatusCode.Error : Status.Types.StatusCode.Unset },
            };
            parent = span.SpanId;
            queue.Writer.TryWrite(span);
        }

        static ByteString Id(int length) => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(length));
    }

    private async Task SendAsync(Uri otlp, string service, ChannelReader<Span> spans)
    {
        // Without pings, a connection to a pod that was killed would hang.
        using var handler = new SocketsHttpHandler { KeepAlivePingDelay = Ping, KeepAlivePingTimeout = Ping };
        using var channel = GrpcChannel.ForAddress(otlp, new() { HttpHandler = handler });
        var client = new TraceService.TraceServiceClient(channel);
        var name = new KeyValue { Key = "service.name", Value = new AnyValue { StringValue = service } };
        while (await spans.WaitToReadAsync())
        {
            var scope = new ScopeSpans();
            while (scope.Spans.Count < ExportSize && spans.TryRead(out var span))
            {
                scope.Spans.Add(span);
            }

            var request = new ExportTraceServiceRequest { ResourceSpans = { new ResourceSpans { Resource = new() { Attributes = { name } }, ScopeSpans = { scope } } } };
            while (!await TryExportAsync(client, request))
            {
                Interlocked.Add(ref _refused, scope.Spans.Count);
                await Task.Delay(Pause, _abort.Token);
            }
        }
    }

    private static async Task<bool> TryExportAsync(TraceService.TraceServiceClient client, ExportTraceServiceRequest request)
    {
        try
        {
            await client.ExportAsync(request, deadline: DateTime.UtcNow + Deadline);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
