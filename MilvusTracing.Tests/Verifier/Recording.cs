using System.Runtime.CompilerServices;
using System.Text.Json;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Verifier;

/// <summary>Answers recorded from a real Milvus 2.3.5, Jaeger 2.13 and Aspire dashboard 13.5.4, trimmed to a few operations.</summary>
internal static class Recording
{
    public static string Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Recordings", name));

    public static string TraceIdOf(string jaegerJson)
    {
        using var json = JsonDocument.Parse(jaegerJson);
        return json.RootElement.GetProperty("data")[0].GetProperty("traceID").GetString()!;
    }

    extension(FakeHttpServer)
    {
        /// <summary>Jaeger's query API holding recorded traces: every look for a service's traces finds them all.</summary>
        public static async Task<FakeHttpServer> JaegerAsync(IEnumerable<string> services, params string[] recordings)
        {
            var server = await FakeHttpServer.StartAsync();
            server.Json("/api/services", $$"""{"data":[{{string.Join(',', services.Select(service => $"\"{service}\""))}}],"total":0,"limit":0,"offset":0,"errors":null}""");
            foreach (var recording in recordings)
            {
                var json = Recording.Read(recording);
                server.Json($"/api/traces/{Recording.TraceIdOf(json)}", json);
            }

            server.On("/api/traces", context => FakeHttpServer.SendAsync(
                context, 200, "application/json", recordings.Length > 0 && services.Contains(context.Request.Query["service"].ToString())
                    ? Recording.Read(recordings[0])
                    : """{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"""));
            server.Otherwise(404, "text/plain; charset=utf-8", """{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}""");
            return server;
        }
    }
}
