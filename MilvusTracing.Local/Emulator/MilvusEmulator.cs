using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilvusTracing.Local.Emulator.Service;
using MilvusTracing.Local.Emulator.Storage;
using MilvusTracing.Local.Emulator.Tracing;

namespace MilvusTracing.Local.Emulator;

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
    public static async Task<MilvusEmulator> StartAsync(EmulatorOptions options, CancellationToken cancellationToken = default)
    {
        var tracer = new EmulatorTracer(options.Destinations);
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
            kestrel.Listen(IPAddress.Loopback, options.Port, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(new EmulatedMilvus(new Catalog(oracle), oracle, tracer));
        builder.Services.AddSingleton(new CallInterceptor(tracer, options.Key is { } key ? new Credentials(key) : null));
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.IgnoreUnknownServices = true; // UnknownCalls answers them
            grpc.EnableDetailedErrors = true;
            grpc.Interceptors.Add<CallInterceptor>();
        });

        var application = builder.Build();
        if (options.Interceptor is { } interceptor)
        {
            application.Use(interceptor);
        }

        application.MapGrpcService<EmulatedMilvus>();
        application.MapFallback(UnknownCalls.AnswerAsync);
        try
        {
            await application.StartAsync(cancellationToken);
            return new(application, tracer);
        }
        catch
        {
            await application.DisposeAsync();
            await tracer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops listening, then sends the spans that are left, for at most five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(soon.Token);
        await _application.DisposeAsync();
        await _tracer.DisposeAsync();
    }
}
