using System.Collections.Concurrent;
using System.Diagnostics;
using MilvusTracing.Instrumentation;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>
/// The providers of an application, and the spans and measurements of calls to one server. Calls of other tests in this
/// process are instrumented, too, but not collected.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    private readonly Uri _server;
    private readonly TracerProvider? _tracing;
    private readonly MeterProvider? _metering;
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ChangeSignal _ended = new();

    public Telemetry(
        Uri server, Action<MilvusClientTraceInstrumentationOptions>? configure = null, string? name = null, Sampler? sampler = null,
        bool isTracing = true, bool isMetering = true, string[]? metricAttributes = null)
    {
        _server = server;
        if (isTracing)
        {
            _tracing = Sdk.CreateTracerProviderBuilder()
                .SetSampler(sampler ?? new AlwaysOnSampler())
                .AddSource(App.Name)
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                .AddMilvusClientInstrumentation(name, configure)
                .AddProcessor(new Collector(this))
                .Build();
        }

        if (isMetering)
        {
            _metering = Sdk.CreateMeterProviderBuilder()
                .AddMilvusClientInstrumentation()
                .AddView(_ => metricAttributes is not null ? new MetricStreamConfiguration { TagKeys = metricAttributes } : null)
                .AddInMemoryExporter(Metrics)
                .Build();
        }
    }

    /// <summary>The source of the application's own spans.</summary>
    public static ActivitySource App { get; } = new("MilvusTracing.Tests.Instrumentation");

    /// <summary>The client spans that ended, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans];

    /// <summary>The only client span.</summary>
    public Activity Span => _spans.ShouldHaveSingleItem();

    /// <summary>The metrics that <see cref="Points"/> has read.</summary>
    public List<Metric> Metrics { get; } = [];

    /// <summary>The points of db.client.operation.duration.</summary>
    public IReadOnlyList<(IReadOnlyDictionary<string, object?> Attributes, MetricPoint Point)> Points
    {
        get
        {
            var points = new List<(IReadOnlyDictionary<string, object?>, MetricPoint)>();
            Metrics.Clear();
            _metering!.ForceFlush();
            foreach (var metric in Metrics)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var attributes = new Dictionary<string, object?>();
                    foreach (var (name, value) in point.Tags)
                    {
                        attributes[name] = value;
                    }

                    points.Add((attributes, point));
                }
            }

            return points;
        }
    }

    /// <summary>The points of the server.</summary>
    public IReadOnlyList<(IReadOnlyDictionary<string, object?> Attributes, MetricPoint Point)> Durations =>
        [.. Points.Where(point => point.Attributes.GetValueOrDefault("server.port") is long port && port == _server.Port)];

    /// <summary>Waits for the end of so many spans. The span of a canceled call may end after the exception.</summary>
    public Task WaitForAsync(int calls) =>
        _ended.WaitForAsync(() => _spans.Count >= calls, Timeouts.Limit, () => $"{_spans.Count} of {calls} spans ended.");

    /// <returns>The attributes without those of gRPC and of the network, which gRPC's instrumentation sets.</returns>
    public static Dictionary<string, object?> Attributes(Activity span) => span.TagObjects
        .Where(tag => !tag.Key.StartsWith("rpc.") && !tag.Key.StartsWith("network.") && tag.Key != "grpc.method")
        .ToDictionary(tag => tag.Key, tag => tag.Value);

    public void Dispose()
    {
        _tracing?.Dispose();
        _metering?.Dispose();
    }

    private sealed class Collector(Telemetry telemetry) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data.Kind == ActivityKind.Client && Convert.ToInt32(data.GetTagItem("server.port")) == telemetry._server.Port)
            {
                telemetry._spans.Enqueue(data);
                telemetry._ended.Raise();
            }
        }
    }
}
