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
/// An in-memory Milvus emulator: the RPCs that quick starts use, over plaintext gRPC, on the loopback address only. Its
/// spans and log lines have the names and structure of those of Milvus 2.3.5.
/// </summary>
internal sealed class MilvusEmulator : IAsyncDisposable
{
    /// <summary>The version that clients see.</summary>
    public const string Version = "v2.3.5-emulator";

    private const int MaxMessageBytes = 64 * 1024 * 1024;
    private const int MaxStreamsPerConnection = 1000;

    private readonly WebApplication _application;
    private readonly EmulatorTracer _tracer;

    private MilvusEmulator(WebApplication application, EmulatorTracer tracer)
    {
        _application = application;
        _tracer = tracer;
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Address = new(addresses.Addresses.Single());
    }

    /// <summary>The address that it listens on, such as <c>http://127.0.0.1:19530</c>.</summary>
    public Uri Address { get; }

    /// <summary>Starts an emulator. It accepts requests when the task completes.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="SettingException">OpenTelemetry's exporter rejects one of its variables.</exception>
    public static async Task<MilvusEmulator> StartAsync(EmulatorSettings settings, CancellationToken cancellationToken = default)
    {
        var tracer = new EmulatorTracer(settings);
        var log = new MilvusLog(settings.Log);
        var application = Build(settings, tracer, log);
        try
        {
            await application.StartAsync(cancellationToken);
            var emulator = new MilvusEmulator(application, tracer);
            log.Write(
                "INFO", "Milvus emulator is ready; this is not a real Milvus", null,
                [("address", emulator.Address.Authority), ("tracesEndpoint", settings.TracesEndpoint?.ToString() ?? "none")]);
            return emulator;
        }
        catch
        {
            await application.DisposeAsync();
            await tracer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the process receives SIGTERM or Ctrl+C.</summary>
    public Task WaitForShutdownAsync() => _application.WaitForShutdownAsync();

    /// <summary>Stops listening, then exports the remaining spans, for at most three seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(timeout.Token);
        await _application.DisposeAsync();
        await _tracer.DisposeAsync();
    }

    private static WebApplication Build(EmulatorSettings settings, EmulatorTracer tracer, MilvusLog log)
    {
        // An empty builder, so that the settings of the hosting process do not apply.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null; // MaxReceiveMessageSize below is the limit

            // A deadline limits a slow call; Kestrel would close the whole connection after 5 s.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
            kestrel.Listen(IPAddress.Loopback, settings.Port, listener => listener.Protocols = HttpProtocols.Http2);
        });
        var oracle = new TimestampOracle();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(new EmulatedMilvus(new Catalog(oracle), oracle, tracer));
        builder.Services.AddSingleton(new CallInterceptor(tracer, log, settings.Token is { } token ? new Credentials(token) : null));
        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.IgnoreUnknownServices = true; // the fallback below responds to them
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
        application.MapFallback(UnimplementedCalls.RespondAsync);
        return application;
    }
}
