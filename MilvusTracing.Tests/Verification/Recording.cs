using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Verification;

/// <summary>Traces recorded from a real Milvus 2.3.5, Jaeger 2.13 and Aspire dashboard 13.5.4, reduced to a few operations.</summary>
internal static partial class Recording
{
    public const string NotFound = """{"error":{"httpCode":404,"message":"No traces found"}}""";

    public static string Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Recordings", name));

    public static string TraceIdOf(string otlpJson) => TraceId().Match(otlpJson).Groups[1].Value;

    [GeneratedRegex("\"traceId\": ?\"([0-9a-f]{32})\"")]
    private static partial Regex TraceId();

    extension(FakeHttpServer)
    {
        /// <summary>Starts a fake of Jaeger's query API, <c>/api/v3</c>, that holds recorded traces. Any of the services finds the first one.</summary>
        public static async Task<FakeHttpServer> JaegerAsync(IReadOnlyCollection<string> services, params string[] recordings)
        {
            var jaeger = await FakeHttpServer.StartAsync();
            jaeger.Json("/api/v3/services", $$"""{"services":[{{string.Join(',', services.Select(service => $"\"{service}\""))}}]}""");
            foreach (var json in recordings.Select(recording => Read(recording)))
            {
                jaeger.Json($"/api/v3/traces/{TraceIdOf(json)}", json);
            }

            jaeger.On("/api/v3/traces", context => services.Contains(context.Request.Query["query.service_name"].ToString())
                ? FakeHttpServer.SendAsync(context, 200, "text/plain; charset=utf-8", Read(recordings[0]))
                : FakeHttpServer.SendAsync(context, 404, "text/plain; charset=utf-8", NotFound));
            jaeger.Otherwise(404, "text/plain; charset=utf-8", NotFound);
            return jaeger;
        }
    }
}
