using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Hosting.Logs.Otlp;
using MilvusTracing.Tests.Support.Otlp.Protos;

namespace MilvusTracing.Tests.Support.Otlp;

/// <summary>
/// An in-memory OTLP receiver on loopback: gRPC on one port, HTTP/protobuf on another, because HTTP/1.1 and HTTP/2
/// cannot share one in clear text. It keeps everything that it receives, until <see cref="Forget"/>.
/// </summary>
/// <example>
/// <code>
/// await using var receiver = await OtlpReceiver.StartAsync();
/// // OTEL_EXPORTER_OTLP_ENDPOINT = receiver.GrpcEndpoint
/// await receiver.WaitForAsync(() => receiver.Spans.Any(span => span.Name == "quick_setup"), TimeSpan.FromSeconds(10));
/// </code>
/// </example>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ReceivedSpan> _spans = [];
    private readonly List<ReceivedMetric> _metrics = [];
    private readonly List<ReceivedLog> _logs = [];
    private readonly List<ReceivedRequest> _requests = [];
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _app;
    private ReservedPort[] _held = [];
    private int _grpcPort;
    private int _httpPort;

    private OtlpReceiver(int grpcPort, int httpPort) => (_grpcPort, _httpPort) = (grpcPort, httpPort);

    /// <summary>Where OTLP/gRPC is received, for example <c>http://127.0.0.1:4317</c>.</summary>
    public Uri GrpcEndpoint => new($"http://127.0.0.1:{_grpcPort}");

    /// <summary>Where OTLP/HTTP is received, without the <c>/v1/traces</c> of a signal.</summary>
    public Uri HttpEndpoint => new($"http://127.0.0.1:{_httpPort}");

    /// <summary>What happens to a request before it is accepted; by default nothing.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interceptor { get; set; }

    public IReadOnlyList<ReceivedSpan> Spans => Snapshot(_spans);

    public IReadOnlyList<ReceivedMetric> Metrics => Snapshot(_metrics);

    public IReadOnlyList<ReceivedLog> Logs => Snapshot(_logs);

    public IReadOnlyList<ReceivedRequest> Requests => Snapshot(_requests);

    /// <summary>Starts a receiver; a port of 0 takes a free one.</summary>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<OtlpReceiver> StartAsync(int grpcPort = 0, int httpPort = 0, CancellationToken cancellationToken = default)
    {
        var receiver = new OtlpReceiver(grpcPort, httpPort);
        await receiver.ListenAsync(cancellationToken);
        return receiver;
    }

    /// <summary>Listens again, on the same ports, after <see cref="StopAsync"/>.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken = default)
    {
        var app = Build();
        LetPortsGo();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        var urls = app.Urls.Select(url => new Uri(url).Port).ToArray();
        (_grpcPort, _httpPort) = (urls[0], urls[1]);
        _app = app;
    }

    /// <summary>Closes the ports at once, in mid-request too, and keeps others from taking them; what was received stays.</summary>
    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await CloseAsync();
            _held = [new ReservedPort(_grpcPort), new ReservedPort(_httpPort)];
        }
    }

    /// <summary>Waits, without polling, until the condition holds: it is looked at after each arrival.</summary>
    /// <exception cref="TimeoutException">It did not hold within the limit; the message tells what has arrived.</exception>
    public async Task WaitForAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit);
        while (true)
        {
            var arrival = Volatile.Read(ref _arrival).Task;
            if (condition())
            {
                return;
            }
            try
            {
                await arrival.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"The condition did not hold within {limit.TotalSeconds:0.#} s. Arrived: {Spans.Count} spans "
                    + $"({string.Join(", ", Spans.Select(span => span.Name).Distinct())}), {Metrics.Count} metrics, "
                    + $"{Logs.Count} logs, in {Requests.Count} requests.");
            }
        }
    }

    /// <summary>Forgets the spans that began before a time, and all metrics, logs and requests.</summary>
    public void Forget(DateTimeOffset before)
    {
        lock (_lock)
        {
            _spans.RemoveAll(span => span.Start < before);
            _metrics.Clear();
            _logs.Clear();
            _requests.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        LetPortsGo();
    }

    internal void Accept(ExportTraceServiceRequest request) => Add(_spans, Conversion.Spans(request));

    internal void Accept(ExportMetricsServiceRequest request) => Add(_metrics, Conversion.Metrics(request));

    internal void Accept(ExportLogsServiceRequest request) => Add(_logs, Conversion.Logs(request));

    private async Task CloseAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
        }
    }

    private void LetPortsGo()
    {
        Array.ForEach(_held, port => port.Dispose());
        _held = [];
    }

    private WebApplication Build()
    {
        // The empty builder reads no configuration: ASPNETCORE_URLS and the like are not meant for this server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, _grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, _httpPort, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(this);
        builder.Services.AddRoutingCore();
        builder.Services.AddRequestDecompression();
        builder.Services.AddGrpc();

        var app = builder.Build();
        app.UseRequestDecompression();
        app.Use(next => context =>
        {
            Add(_requests, [Describe(context.Request)]);
            return Interceptor is { } interceptor ? interceptor(context, next) : next(context);
        });
        app.UseRouting();
        app.MapGrpcService<GrpcTraceService>();
        app.MapGrpcService<GrpcMetricsService>();
        app.MapGrpcService<GrpcLogsService>();
        app.MapPost("/v1/traces", context => AcceptHttpAsync(context, ExportTraceServiceRequest.Parser, Accept));
        app.MapPost("/v1/metrics", context => AcceptHttpAsync(context, ExportMetricsServiceRequest.Parser, Accept));
        app.MapPost("/v1/logs", context => AcceptHttpAsync(context, ExportLogsServiceRequest.Parser, Accept));
        return app;
    }

    private static async Task AcceptHttpAsync<T>(HttpContext context, MessageParser<T> parser, Action<T> accept)
        where T : IMessage<T>
    {
        if (context.Request.ContentType != "application/x-protobuf")
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            accept(parser.ParseFrom(body.GetBuffer(), 0, (int)body.Length));
            // An empty body is the empty response message: everything was accepted.
            context.Response.ContentType = "application/x-protobuf";
        }
        catch (InvalidProtocolBufferException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }

    private static ReceivedRequest Describe(HttpRequest request) => new(
        request.Path,
        HttpProtocol.IsHttp2(request.Protocol),
        request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));

    private void Add<T>(List<T> list, IEnumerable<T> items)
    {
        // Converted before the lock is taken: enumerating a request is most of the work.
        var arrived = items.ToArray();
        lock (_lock)
        {
            list.AddRange(arrived);
        }
        Interlocked.Exchange(ref _arrival, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private List<T> Snapshot<T>(List<T> list)
    {
        lock (_lock)
        {
            return [.. list];
        }
    }
}
