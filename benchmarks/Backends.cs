using Microsoft.AspNetCore.Http;
using MilvusTracing.Local.Otlp;
using MilvusTracing.Verification;

namespace MilvusTracing.Benchmarks;

/// <summary>Where spans go, and how many of them came to stay.</summary>
internal interface IBackend : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Where it takes OTLP/gRPC.</summary>
    Uri Address { get; }

    /// <summary>How many spans of <paramref name="service"/> it holds in these traces.</summary>
    Task<int> CountSpansAsync(IReadOnlyCollection<string> traceIds, string service, CancellationToken cancellationToken);

    /// <summary>How many traces of any service have spans that began within a window.</summary>
    Task<int> CountTracesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);
}

/// <summary>An OTLP receiver in this process, which can be told to answer late.</summary>
internal sealed class ReceiverBackend(string name, OtlpReceiver receiver) : IBackend
{
    public string Name => name;

    public Uri Address => receiver.GrpcEndpoint;

    public static async Task<ReceiverBackend> StartAsync(string name, TimeSpan delay = default)
    {
        var receiver = await OtlpReceiver.StartAsync();
        if (delay > TimeSpan.Zero)
        {
            receiver.Interceptor = async (HttpContext context, RequestDelegate next) =>
            {
                await Task.Delay(delay, context.RequestAborted);
                await next(context);
            };
        }

        return new(name, receiver);
    }

    public Task<int> CountSpansAsync(IReadOnlyCollection<string> traceIds, string service, CancellationToken cancellationToken)
    {
        var wanted = traceIds.ToHashSet();
        return Task.FromResult(receiver.Spans.Count(span => span.Service == service && wanted.Contains(span.TraceId)));
    }

    public Task<int> CountTracesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        Task.FromResult(receiver.Spans.Where(span => span.Start >= from && span.Start < to).Select(span => span.TraceId).Distinct().Count());

    public ValueTask DisposeAsync() => receiver.DisposeAsync();
}

/// <summary>A real Jaeger, read by its query API.</summary>
internal sealed class JaegerServer(Uri otlp, Uri query) : IBackend
{
    private readonly JaegerBackend _jaeger = new(query);

    public string Name => "Jaeger";

    public Uri Address => otlp;

    public async Task<int> CountSpansAsync(IReadOnlyCollection<string> traceIds, string service, CancellationToken cancellationToken)
    {
        var spans = 0;
        foreach (var traceId in traceIds)
        {
            var trace = await _jaeger.GetTraceAsync(traceId, cancellationToken);
            spans += trace?.Spans.Count(span => span.Service == service) ?? 0;
        }

        return spans;
    }

    public async Task<int> CountTracesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>();
        foreach (var service in await _jaeger.GetServicesAsync(cancellationToken))
        {
            var traces = await _jaeger.FindTracesAsync(new TraceQuery(service.Name, Limit: 10_000, from, to), cancellationToken);
            ids.UnionWith(traces.Select(trace => trace.Id));
        }

        return ids.Count;
    }

    public ValueTask DisposeAsync()
    {
        _jaeger.Dispose();
        return default;
    }
}
