using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Local.Relay;
using MilvusTracing.Local.Settings;

namespace MilvusTracing.Tests.Local;

public sealed class SpanRelayTests
{
    private const string TraceId = "5b8efff798038103d269b633813fc60c";

    [Fact]
    public async Task Sends_Milvuss_spans_once_and_as_they_are()
    {
        await using var servers = await JaegerAndDashboard.StartAsync();
        servers.Trace = Trace(("milvus-client", "00000000000000a1"), ("standalone", "00000000000000b1"));
        var relaying = servers.RelayAsync();
        (await servers.Sent.Reader.ReadAsync()).ShouldBe(["00000000000000b1"]);

        // The C++ core's spans come seconds after the others.
        servers.Trace = Trace(("milvus-client", "00000000000000a1"), ("standalone", "00000000000000b1"), ("segcore", "00000000000000c1"));
        (await servers.Sent.Reader.ReadAsync()).ShouldBe(["00000000000000c1"]);

        await servers.StopRelayAsync(relaying);
        var span = servers.Requests.First()["resourceSpans"]!.AsArray().SelectMany(r => r!["scopeSpans"]!.AsArray()).SelectMany(s => s!["spans"]!.AsArray()).Single()!;
        span["startTimeUnixNano"]!.ToString().ShouldBe("1544712660000000123");
        span["attributes"]!.AsArray().Select(attribute => (string)attribute!["key"]!).ShouldBe(["rpc.system"]);
        servers.Keys.ShouldAllBe(key => key == "secret");
    }

    [Fact]
    public async Task Tries_again_what_the_dashboard_did_not_take()
    {
        await using var servers = await JaegerAndDashboard.StartAsync();
        servers.Trace = Trace(("standalone", "00000000000000b1"));
        servers.DashboardStatus = 503;
        var relaying = servers.RelayAsync();
        (await servers.Sent.Reader.ReadAsync()).ShouldBe(["00000000000000b1"]);

        servers.DashboardStatus = 200;

        (await servers.Sent.Reader.ReadAsync()).ShouldBe(["00000000000000b1"]);
        await servers.StopRelayAsync(relaying);
    }

    /// <summary>What Jaeger 2.13 answers to <c>/api/v3/traces/{id}</c>, shortened.</summary>
    private static string Trace(params (string Service, string SpanId)[] spans) =>
        $$$"""
        {"result":{"resourceSpans":[{{{string.Join(',', spans.Select(span => $$$"""
            {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"{{{span.Service}}}"}}]},
             "scopeSpans":[{"scope":{"name":"otelgrpc"},"spans":[{"traceId":"{{{TraceId}}}","spanId":"{{{span.SpanId}}}",
              "parentSpanId":"00000000000000ff","name":"x","kind":2,
              "startTimeUnixNano":"1544712660000000123","endTimeUnixNano":"1544712661000000456",
              "attributes":[{"key":"rpc.system","value":{"stringValue":"grpc"}},
               {"key":"@jaeger@warnings","value":{"stringValue":"parent span is not in the trace"}}]}]}]}
            """))}}}]}}
        """;

    /// <summary>The two ends of a relay, on one port.</summary>
    private sealed class JaegerAndDashboard : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly WebApplication _app;

        private JaegerAndDashboard(WebApplication app) => _app = app;

        public string Trace { get; set; } = "";

        public int DashboardStatus { get; set; } = 200;

        /// <summary>The span ids of each request to the dashboard, refused ones too.</summary>
        public Channel<string[]> Sent { get; } = Channel.CreateUnbounded<string[]>();

        public ConcurrentQueue<JsonNode> Requests { get; } = [];

        public ConcurrentQueue<string?> Keys { get; } = [];

        public static async Task<JaegerAndDashboard> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            builder.Services.AddRoutingCore();
            var servers = new JaegerAndDashboard(builder.Build());
            servers._app.MapGet($"/api/v3/traces/{TraceId}", () => Results.Text(servers.Trace, "application/json"));
            servers._app.MapPost("/v1/traces", servers.TakeAsync);
            await servers._app.StartAsync();
            return servers;
        }

        public async Task RelayAsync()
        {
            var address = new Uri(_app.Urls.Single());
            using var relay = new SpanRelay(address, new OtlpDestination(address, "secret"), "milvus-client");
            await relay.RunAsync(TraceId, _stop.Token);
        }

        public async Task StopRelayAsync(Task relaying)
        {
            await _stop.CancelAsync();
            await relaying;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.DisposeAsync();
            _stop.Dispose();
        }

        private async Task<IResult> TakeAsync(HttpRequest request)
        {
            var body = (await JsonNode.ParseAsync(request.Body))!;
            Requests.Enqueue(body);
            Keys.Enqueue(request.Headers["x-otlp-api-key"]);
            var answer = Results.StatusCode(DashboardStatus);
            await Sent.Writer.WriteAsync(
            [
                .. from resource in body["resourceSpans"]!.AsArray()
                   from scope in resource!["scopeSpans"]!.AsArray()
                   from span in scope!["spans"]!.AsArray()
                   select (string)span!["spanId"]!,
            ]);
            return answer;
        }
    }
}
