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
    private readonly List<Metric> _metrics = [];
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly SemaphoreSlim _ended = new(0);

    public Telemetry(
        Uri server,
        Action<MilvusClientTraceInstrumentationOptions>? configure = null,
        Sampler? sampler = null,
        bool isTracing = true,
        bool isMetering = false)
    {
        _server = server;
        if (isTracing)
        {
            _tracing = Sdk.CreateTracerProviderBuilder()
                .SetSampler(sampler ?? new AlwaysOnSampler())
                .AddSource(App.Name)
                .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
                .AddMilvusClientInstrumentation(configure)
                .AddProcessor(new Collector(this))
                .Build();
        }

        if (isMetering)
        {
            _metering = Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddInMemoryExporter(_metrics).Build();
        }
    }

    /// <summary>The source of the application's own spans.</summary>
    public static ActivitySource App { get; } = new("MilvusTracing.Tests.Instrumentation");

    /// <summary>The client spans that ended, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans];

    /// <summary>The only client span.</summary>
    public Activity Span => _spans.ShouldHaveSingleItem();

    /// <summary>The points of db.client.operation.duration for the server.</summary>
    public IReadOnlyList<(IReadOnlyDictionary<string, object?> Attributes, MetricPoint Point)> Durations
    {
        get
        {
            var points = new List<(IReadOnlyDictionary<string, object?>, MetricPoint)>();
            _metrics.Clear();
            _metering!.ForceFlush();
            foreach (var metric in _metrics)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var attributes = new Dictionary<string, object?>();
                    foreach (var (name, value) in point.Tags)
                    {
                        attributes[name] = value;
                    }

                    if (attributes.GetValueOrDefault("server.port") is long port && port == _server.Port)
                    {
                        points.Add((attributes, point));
                    }
                }
            }

            return points;
        }
    }

    public Metric Metric
    {
        get
        {
            _ = Durations;
            return _metrics.Single();
        }
    }

    /// <summary>Waits for the end of so many spans. The span of a cancelled call may end after the exception.</summary>
    public async Task WaitForAsync(int calls)
    {
        while (_spans.Count < calls)
        {
            (await _ended.WaitAsync(Timeouts.Limit)).ShouldBeTrue($"{_spans.Count} of {calls} spans ended.");
        }
    }

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
                telemetry._ended.Release();
            }
        }
    }
}
