using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MilvusTracing.Tests.Verifier;

/// <summary>An HTTP server on a free port that answers by path, and keeps the requests.</summary>
internal sealed class HttpDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Func<HttpContext, Task>> _answers = [];

    private HttpDouble(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<HttpDouble> StartAsync(Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen ?? (_ => { })));
        var app = builder.Build();
        var server = new HttpDouble(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Jaeger's query API holding recorded traces: every look for a service's traces finds them all.</summary>
    public static async Task<HttpDouble> JaegerAsync(IEnumerable<string> services, params string[] recordings)
    {
        var server = await StartAsync();
        server.Json("/api/services", $$"""{"data":[{{string.Join(',', services.Select(service => $"\"{service}\""))}}],"total":0,"limit":0,"offset":0,"errors":null}""");
        foreach (var recording in recordings)
        {
            var json = Recording.Read(recording);
            server.Json($"/api/traces/{Recording.TraceIdOf(json)}", json);
        }

        server.On("/api/traces", context => SendAsync(
            context, 200, "application/json", recordings.Length > 0 && services.Contains(context.Request.Query["service"].ToString())
                ? Recording.Read(recordings[0])
                : """{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"""));
        server.Otherwise(404, "text/plain; charset=utf-8", """{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}""");
        return server;
    }

    public void Json(string path, string body) => On(path, context => SendAsync(context, 200, "application/json", body));

    public void Otherwise(int status, string contentType, string body) => On("*", context => SendAsync(context, status, contentType, body));

    public void On(string path, Func<HttpContext, Task> answer) => _answers[path] = answer;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static async Task SendAsync(HttpContext context, int status, string contentType, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (_answers.TryGetValue(context.Request.Path, out var answer) || _answers.TryGetValue("*", out answer))
        {
            return answer(context);
        }

        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
