using System.Collections.Immutable;
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
/// An in-memory OTLP receiver on loopback, with one port for gRPC and one for HTTP/protobuf: HTTP/1.1 and HTTP/2 cannot
/// share a port without TLS. It stores all that it receives.
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
    private readonly ChangeSignal _received = new();
    private ImmutableArray<ReceivedSpan> _spans = [];
    private ImmutableArray<ReceivedMetric> _metrics = [];
    private ImmutableArray<ReceivedLog> _logs = [];
    private ImmutableArray<ReceivedRequest> _requests = [];
    private WebApplication? _app;
    private ReservedPort[] _reserved = [];
    private int _grpcPort;
    private int _httpPort;

    /// <summary>The address for OTLP/gRPC, for example <c>http://127.0.0.1:4317</c>.</summary>
    public Uri GrpcEndpoint => new($"http://127.0.0.1:{_grpcPort}");

    /// <summary>The address for OTLP/HTTP, without the <c>/v1/traces</c> of a signal.</summary>
    public Uri HttpEndpoint => new($"http://127.0.0.1:{_httpPort}");

    /// <summary>Runs before a request is accepted; <see cref="OtlpFaults"/> has examples.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Interceptor { get; set; }

    public IReadOnlyList<ReceivedSpan> Spans => _spans;

    public IReadOnlyList<ReceivedMetric> Metrics => _metrics;

    public IReadOnlyList<ReceivedLog> Logs => _logs;

    public IReadOnlyList<ReceivedRequest> Requests => _requests;

    /// <summary>Starts a receiver on free ports.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver.ListenAsync();
        return receiver;
    }

    /// <summary>Listens on the same ports again after <see cref="StopAsync"/>.</summary>
    public async Task ListenAsync()
    {
        _app = Build();
        ReleasePorts();
        await _app.StartAsync();
        var ports = _app.Urls.Select(url => new Uri(url).Port).ToArray();
        (_grpcPort, _httpPort) = (ports[0], ports[1]);
    }

    /// <summary>Closes the ports at once, even during a request, and reserves them. What was received is kept.</summary>
    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await CloseAsync();
            _reserved = [new ReservedPort(_grpcPort), new ReservedPort(_httpPort)];
        }
    }

    /// <summary>Waits until a condition holds. It is checked after every request.</summary>
    /// <exception cref="TimeoutException">The condition did not hold; the message lists what was received.</exception>
    public Task WaitForAsync(Func<bool> condition, TimeSpan limit) => _received.WaitForAsync(condition, limit, () =>
        $"Received: {Spans.Count} spans ({string.Join(", ", Spans.Select(span => span.Name).Distinct())}), {Metrics.Count} metrics, "
        + $"{Logs.Count} logs, in {Requests.Count} requests.");

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        ReleasePorts();
    }

    internal void Accept(ExportTraceServiceRequest request) => Add(ref _spans, Conversion.Spans(request));

    internal void Accept(ExportMetricsServiceRequest request) => Add(ref _metrics, Conversion.Metrics(request));

    internal void Accept(ExportLogsServiceRequest request) => Add(ref _logs, Conversion.Logs(request));

    private async Task CloseAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
        }
    }

    private void ReleasePorts()
    {
        Array.ForEach(_reserved, port => port.Dispose());
        _reserved = [];
    }

    private WebApplication Build()
    {
        // The empty builder ignores ASPNETCORE_URLS and all other configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, _grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, _httpPort, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(this);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();

        var app = builder.Build();
        app.Use(next => context =>
        {
            Add(ref _requests, [Describe(context.Request)]);
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
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        accept(parser.ParseFrom(body.GetBuffer(), 0, (int)body.Length));
        // The empty body is the response that reports no rejected items.
        context.Response.ContentType = "application/x-protobuf";
    }

    private static ReceivedRequest Describe(HttpRequest request) => new(
        request.Path,
        request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));

    private void Add<T>(ref ImmutableArray<T> array, IEnumerable<T> items)
    {
        // Convert the request once: the update runs again after a concurrent one.
        var received = items.ToArray();
        ImmutableInterlocked.Update(ref array, current => current.AddRange(received));
        _received.Raise();
    }
}
