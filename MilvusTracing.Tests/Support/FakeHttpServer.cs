using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Support;

/// <summary>An HTTP server on a loopback port with one handler for each path; other paths get status 404.</summary>
internal sealed class FakeHttpServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Func<HttpContext, Task>> _handlers = [];

    private FakeHttpServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public int Port => Url.Port;

    /// <param name="listen">Configures the endpoint, for example its protocol.</param>
    /// <param name="port">The port; 0 chooses a free one.</param>
    public static async Task<FakeHttpServer> StartAsync(Action<ListenOptions>? listen = null, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port, listen ?? (_ => { })));
        var app = builder.Build();
        var server = new FakeHttpServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Responds with JSON.</summary>
    public void Json(string path, string body) => On(path, context => SendAsync(context, 200, "application/json", body));

    /// <summary>Responds to a unary gRPC call; the server has to listen with HTTP/2.</summary>
    public void Grpc(string path, Func<byte[]> message) => On(path, async context =>
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(Wire.Frame(message()), context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    });

    /// <summary>Responds to all other paths.</summary>
    public void Otherwise(int status, string contentType, string body) => On("*", context => SendAsync(context, status, contentType, body));

    /// <summary>Sets the handler of a path; <c>*</c> stands for all other paths.</summary>
    public void On(string path, Func<HttpContext, Task> handler) => _handlers[path] = handler;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static async Task SendAsync(HttpContext context, int status, string contentType, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    private Task HandleAsync(HttpContext context) =>
        _handlers.TryGetValue(context.Request.Path, out var handler) || _handlers.TryGetValue("*", out handler)
            ? handler(context)
            : SendAsync(context, 404, "text/plain", "");
}
