using System.Net;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Emulator.Service;
using MilvusTracing.Emulator.Storage;
using MilvusTracing.Emulator.Tracing;

namespace MilvusTracing.Emulator;

/// <summary>
/// A small Milvus in memory for where no Milvus is to be had: the calls that quick starts use, over gRPC without TLS,
/// on the loopback address only, with spans named and nested as those of Milvus.
/// </summary>
internal sealed class MilvusEmulator : IAsyncDisposable
{
    /// <summary>What it answers when asked for its version.</summary>
    public const string Version = "v2.3.5-emulator";

    private const int MaxMessageBytes = 64 * 1024 * 1024;
    private const int MaxCallsOnOneConnection = 1000;

    private readonly WebApplication _application;
    private readonly EmulatorTracer _tracer;

    private MilvusEmulator(WebApplication application, EmulatorTracer tracer)
    {
        _application = application;
        _tracer = tracer;
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Address = new(addresses.Addresses.Single());
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:19530</c>.</summary>
    public Uri Address { get; }

    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<MilvusEmulator> StartAsync(EmulatorSettings settings, CancellationToken cancellationToken = default)
    {
        var tracer = new EmulatorTracer(settings);
        var log = new MilvusLog(settings.Log);
        var oracle = new TimestampOracle();

        // An empty builder: settings of the process that hosts this are not meant for it.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null; // gRPC has its own limit, below

            // How long a slow call may take is its deadline's business; Kestrel would cut its whole connection after 5 s.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = MaxCallsOnOneConnection;
            kestrel.Listen(IPAddress.Loopback, settings.Port, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(new EmulatedMilvus(new Catalog(oracle), oracle, tracer));
        builder.Services.AddSingleton(new CallInterceptor(tracer, log, settings.Key is { } key ? new Credentials(key) : null));
        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.IgnoreUnknownServices = true; // UnknownCalls answers them
            grpc.EnableDetailedErrors = true;
        }).AddServiceOptions<EmulatedMilvus>(milvus => milvus.Interceptors.Add<CallInterceptor>());

        var application = builder.Build();
        if (settings.Interceptor is { } interceptor)
        {
            application.Use(interceptor);
        }

        application.MapGrpcService<EmulatedMilvus>();
        application.MapGrpcService<HealthServiceImpl>();
        application.Services.GetRequiredService<HealthServiceImpl>().SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        application.MapFallback(UnknownCalls.AnswerAsync);
        try
        {
            await application.StartAsync(cancellationToken);
            var emulator = new MilvusEmulator(application, tracer);
            log.Write("INFO", "an emulator of Milvus, not a real one, is ready", null, [("address", emulator.Address.Authority), ("spansTo", settings.TracesEndpoint?.ToString() ?? "nowhere")]);
            return emulator;
        }
        catch
        {
            await application.DisposeAsync();
            await tracer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the process is asked to end, by SIGTERM or Ctrl+C.</summary>
    public Task WaitForShutdownAsync() => _application.WaitForShutdownAsync();

    /// <summary>Stops listening, then sends the spans that are left, for at most three seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(soon.Token);
        await _application.DisposeAsync();
        await _tracer.DisposeAsync();
    }
}
