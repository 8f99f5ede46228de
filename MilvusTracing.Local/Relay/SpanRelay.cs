using System.Text;
using System.Text.Json.Nodes;
using MilvusTracing.Local.Settings;

namespace MilvusTracing.Local.Relay;

/// <summary>
/// Brings Milvus's own spans from Jaeger to the dashboard. A real Milvus exports to one place only; under the AppHost a
/// second pipeline in Jaeger relays its spans, and here Local does, trace by trace, when a pass is verified.
/// </summary>
/// <remarks>
/// Jaeger's <c>/api/v3/traces/{id}</c> answers in OTLP's JSON encoding, which the dashboard's OTLP/HTTP port takes: nothing
/// of a span is lost on the way.
/// </remarks>
internal sealed class SpanRelay : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What Jaeger adds to spans when it reads them, such as a parent that has not come yet.</summary>
    private const string JaegersOwn = "@jaeger@";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Uri _jaegerUrl;
    private readonly Uri _target;
    private readonly string _ownService;

    /// <param name="jaegerUrl">Jaeger's query API.</param>
    /// <param name="dashboard">The dashboard's OTLP/HTTP port.</param>
    /// <param name="ownService">The service that exports to both by itself.</param>
    public SpanRelay(Uri jaegerUrl, OtlpDestination dashboard, string ownService)
    {
        _jaegerUrl = jaegerUrl;
        _target = new Uri(dashboard.Endpoint, "v1/traces");
        _ownService = ownService;
        _http.DefaultRequestHeaders.Add("x-otlp-api-key", dashboard.Key);
    }

    /// <summary>Relays a trace's spans, each once, as they arrive in Jaeger, until cancelled.</summary>
    public async Task RunAsync(string traceId, CancellationToken cancellationToken)
    {
        var relayed = new HashSet<string>();
        try
        {
            while (true)
            {
                await RelayAsync(traceId, relayed, cancellationToken);
                await Task.Delay(Pause, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The verdict has been given.
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task RelayAsync(string traceId, HashSet<string> relayed, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync($"{_jaegerUrl.AbsoluteUri.TrimEnd('/')}/api/v3/traces/{traceId}", cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return;
            }
            var trace = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))?["result"];
            if (trace is null || Select(trace, relayed) is not { Count: > 0 } spanIds)
            {
                return;
            }
            using var content = new StringContent(trace.ToJsonString(), Encoding.UTF8, "application/json");
            using var taken = await _http.PostAsync(_target, content, cancellationToken);
            if (taken.IsSuccessStatusCode)
            {
                relayed.UnionWith(spanIds);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or System.Text.Json.JsonException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The next round tries again, and what is missing in the end the verifier names.
        }
    }

    /// <summary>Leaves in the trace only the spans to be sent, and returns their ids.</summary>
    private List<string> Select(JsonNode trace, HashSet<string> relayed)
    {
        var spanIds = new List<string>();
        foreach (var resourceSpans in Items(trace["resourceSpans"]))
        {
            var isOwn = Items(resourceSpans["resource"]?["attributes"]).Any(attribute =>
                (string?)attribute["key"] == "service.name" && (string?)attribute["value"]?["stringValue"] == _ownService);
            foreach (var spans in Items(resourceSpans["scopeSpans"]).Select(scope => scope["spans"]).OfType<JsonArray>())
            {
                spans.RemoveAll(span => isOwn || (string?)span?["spanId"] is not { } id || relayed.Contains(id));
                foreach (var span in Items(spans))
                {
                    (span["attributes"] as JsonArray)?.RemoveAll(attribute =>
                        ((string?)attribute?["key"])?.StartsWith(JaegersOwn, StringComparison.Ordinal) == true);
                    spanIds.Add((string)span["spanId"]!);
                }
            }
        }
        return spanIds;
    }

    private static IEnumerable<JsonNode> Items(JsonNode? array) => (array as JsonArray ?? []).OfType<JsonNode>();
}
