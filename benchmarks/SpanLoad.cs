using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MilvusTracing.Tests.Support.Otlp.Protos;
using Span = MilvusTracing.Tests.Support.Otlp.Protos.Span;

namespace MilvusTracing.Benchmarks;

/// <summary>Exports copies of a recorded trace to Jaeger at a fixed rate, each copy with a new trace id.</summary>
internal sealed partial class SpanLoad
{
    private const int IdLength = 16;

    /// <summary>The number of spans that OpenTelemetry's batch processor exports at a time by default.</summary>
    private const int ExportSize = 512;

    /// <summary>Exports in progress at a time, more than real exporters have.</summary>
    private const int Concurrency = 64;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>An export is serialized once, so that the sender uses little of the processor that it shares with Jaeger.</summary>
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(message => message, message => message);

    private static readonly Method<byte[], byte[]> Method =
        new(MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", Bytes, Bytes);

    private readonly byte[] _export;
    private readonly int _exportedSpans;
    private readonly int[] _idOffsets;

    private SpanLoad(ExportTraceServiceRequest trace)
    {
        var scopes = trace.ResourceSpans.SelectMany(resource => resource.ScopeSpans).ToList();
        var spans = scopes.Sum(scope => scope.Spans.Count);
        var ids = Enumerable.Range(0, ExportSize / spans).Select(_ => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(IdLength))).ToHashSet();
        foreach (var scope in scopes)
        {
            var recorded = scope.Spans.ToList();
            scope.Spans.Clear();
            scope.Spans.Add(from id in ids from span in recorded select new Span(span) { TraceId = id });
        }

        _export = trace.ToByteArray();
        _exportedSpans = spans * ids.Count;
        _idOffsets = [.. Enumerable.Range(0, _export.Length - IdLength).Where(at => ids.Contains(ByteString.CopyFrom(_export, at, IdLength)))];
    }

    /// <param name="file">OTLP/JSON in the folder Recorded: <c>result</c> of Jaeger's <c>/api/v3/traces/{id}?raw_traces=true</c>.</param>
    public static SpanLoad Read(string file)
    {
        var json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Recorded", file));
        // OTLP has ids in hex; the JSON of protobuf has bytes in base64.
        var protobufJson = HexId().Replace(json, id => Convert.ToBase64String(Convert.FromHexString(id.Value)));
        return new(new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true)).Parse<ExportTraceServiceRequest>(protobufJson));
    }

    /// <param name="spansPerSecond">The rate to offer, whether Jaeger keeps up or not.</param>
    /// <param name="duration">How long to send.</param>
    /// <param name="cancellationToken">Cancels the load.</param>
    /// <returns>The rate at which spans were sent, and how many spans were accepted and rejected, or not accepted in time.</returns>
    public async Task<(double PerSecond, long Accepted, long Rejected)> SendAsync(
        double spansPerSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(Backends.Otlp);
        var invoker = channel.CreateCallInvoker();
        long offered = 0, accepted = 0, rejected = 0;
        var watch = Stopwatch.StartNew();
        var seconds = duration.TotalSeconds;
        await Parallel.ForEachAsync(ExportsAsync(), new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (export, _) =>
        {
            try
            {
                var options = new CallOptions(deadline: DateTime.UtcNow + Deadline, cancellationToken: cancellationToken);
                using var call = invoker.AsyncUnaryCall(Method, null, options, export);
                await call.ResponseAsync;
                Interlocked.Add(ref accepted, _exportedSpans);
            }
            catch (RpcException)
            {
                Interlocked.Add(ref rejected, _exportedSpans);
            }
        });
        return (offered / seconds, accepted, rejected);

        // Each export when it is due, or when one of those in progress has ended.
        async IAsyncEnumerable<byte[]> ExportsAsync()
        {
            for (TimeSpan due; (due = TimeSpan.FromSeconds(offered / spansPerSecond)) < duration && watch.Elapsed < duration;)
            {
                var early = due - watch.Elapsed;
                await Task.Delay(early > TimeSpan.Zero ? early : TimeSpan.Zero, cancellationToken);
                offered += _exportedSpans;
                yield return ExportWithNewIds();
            }

            seconds = Math.Max(seconds, watch.Elapsed.TotalSeconds);
        }
    }

    /// <summary>Changes all trace ids in the same way, so that the spans of a trace stay together.</summary>
    private byte[] ExportWithNewIds()
    {
        var mask = Vector128.Create(RandomNumberGenerator.GetBytes(IdLength));
        byte[] export = [.. _export];
        foreach (var offset in _idOffsets)
        {
            (Vector128.Create(export, offset) ^ mask).CopyTo(export, offset);
        }

        return export;
    }

    [GeneratedRegex("""(?<="(traceId|spanId|parentSpanId)": *")[0-9a-f]+""")]
    private static partial Regex HexId();
}
