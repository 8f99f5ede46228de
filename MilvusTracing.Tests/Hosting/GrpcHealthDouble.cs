using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Hosting;

/// <summary>A gRPC server that answers <c>grpc.health.v1.Health/Check</c> as told.</summary>
internal sealed class GrpcHealthDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcHealthDouble(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public static async Task<GrpcHealthDouble> StartAsync(HealthCheckResponse.Types.ServingStatus status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new Service(status));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new GrpcHealthDouble(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class Service(HealthCheckResponse.Types.ServingStatus status) : Health.HealthBase
    {
        public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
            Task.FromResult(new HealthCheckResponse { Status = status });
    }
}
