using System.Collections.Concurrent;
using System.Diagnostics;
using MilvusTracing.Instrumentation;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>
/// The providers of an application, and what they hear of calls to one server: the gRPC calls of tests that run beside
/// this one are instrumented, too.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    private readonly Uri _server;
    private readonly TracerProvider? _tracing;
    private readonly MeterProvider? _metering;
    private readonly List<Metric> _metrics = [];
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly SemaphoreSlim _ended = new(0);

    /// <param name="server">The server.</param>
    /// <param name="configure">Sets the options.</param>
    /// <param name="sampler">All traces are sampled by default.</param>
    /// <param name="isTracing">Whether there is a tracer provider.</param>
    /// <param name="isMetering">Whether there is a meter provider.</param>
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

    /// <summary>Spans of the application's own.</summary>
    public static ActivitySource App { get; } = new("MilvusTracing.Tests.Instrumentation");

    /// <summary>The spans of calls that ended, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans];

    /// <summary>The one call's.</summary>
    public Activity Span => _spans.ShouldHaveSingleItem();

    /// <summary>The points of the metric of calls to the server, as attributes with the number of calls.</summary>
    public IReadOnlyList<(IReadOnlyDictionary<string, object?> Attributes, MetricPoint Point)> Durations
    {
        get
        {
            var points = new List<(IReadOnlyDictionary<string, object?>, MetricPoint)>();
            _metrics.Clear();
            _metering!.ForceFlush();
            foreach (ref readonly var point in _metrics.ShouldHaveSingleItem().GetMetricPoints())
            {
                var attributes = new Dictionary<string, object?>();
                foreach (var (name, value) in point.Tags)
                {
                    attributes[name] = value;
                }

                if ((long)attributes["server.port"]! == _server.Port)
                {
                    points.Add((attributes, point));
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

    /// <summary>Waits until so many calls have ended: a cancelled one may go on a moment longer than its caller waits.</summary>
    public async Task WaitForAsync(int calls)
    {
        while (_spans.Count < calls)
        {
            (await _ended.WaitAsync(Timeouts.Limit)).ShouldBeTrue($"{_spans.Count} of {calls} calls ended.");
        }
    }

    /// <returns>Attributes but those of gRPC and of the network, which are not this library's.</returns>
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
