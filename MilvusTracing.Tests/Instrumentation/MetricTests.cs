using System.Diagnostics;
using Grpc.Net.Client;
using Milvus.Client;
using MilvusTracing.Instrumentation;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The metric db.client.operation.duration.</summary>
[Collection(ProcessWide.Name)]
public sealed class MetricTests : IAsyncLifetime
{
    private FakeMilvus _milvus = null!;

    public async Task InitializeAsync() => _milvus = await FakeMilvus.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Fact]
    public async Task It_follows_the_database_conventions_and_works_without_tracing()
    {
        using var telemetry = new Telemetry(_milvus.Address, isTracing: false, isMetering: true);

        await CallAsync(calls: 3);

        var metric = telemetry.Metric;
        (metric.Name, metric.Unit, metric.MetricType).ShouldBe(("db.client.operation.duration", "s", MetricType.Histogram));
        var (attributes, point) = telemetry.Durations.ShouldHaveSingleItem();
        point.GetHistogramCount().ShouldBe(3);
        point.GetHistogramSum().ShouldBeInRange(0.000_001, 3 * Timeouts.Limit.TotalSeconds);
        Bounds(point).ShouldBe([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, double.PositiveInfinity]);
        attributes.ShouldBe(
            new Dictionary<string, object?>
            {
                ["db.system.name"] = "milvus",
                ["db.operation.name"] = "has_collection",
                ["db.collection.name"] = "books",
                ["db.namespace"] = "default",
                ["server.address"] = "127.0.0.1",
                ["server.port"] = (long)_milvus.Address.Port,
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task It_equals_the_duration_of_the_span()
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);

        await CallAsync();

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramSum().ShouldBe(telemetry.Span.Duration.TotalSeconds, tolerance: 1e-9);
    }

    [Fact]
    public async Task It_counts_calls_whose_trace_is_not_sampled()
    {
        using var telemetry = new Telemetry(_milvus.Address, sampler: new AlwaysOffSampler(), isMetering: true);
        using var order = new Activity("order").Start();

        await CallAsync(calls: 2);

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(2);
        telemetry.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_providers_measure_a_call_once_and_a_disposed_one_no_longer()
    {
        var first = new Telemetry(_milvus.Address, isMetering: true);
        using var second = new Telemetry(_milvus.Address, isMetering: true);

        await CallAsync();
        var count = first.Durations.ShouldHaveSingleItem().Point.GetHistogramCount();
        first.Dispose();
        await CallAsync();

        count.ShouldBe(1);
        second.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(2);
        (first.Spans.Count, second.Spans.Count).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Providers_and_diagnostic_listeners_can_come_and_go_at_the_same_time()
    {
        const int rounds = 2_000;
        var providers = Task.Run(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                MilvusClientInstrumentation.AddMeterProvider().Dispose();
            }
        });
        var listeners = Task.Run(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                new DiagnosticListener("Grpc.Net.Client").Dispose();
            }
        });

        await Task.WhenAll(providers, listeners).WaitAsync(Timeouts.Limit);
    }

    [Fact]
    public async Task Collections_over_the_cardinality_limit_share_a_point_unless_a_View_removes_the_attribute()
    {
        var (unlimited, viewed) = (new List<Metric>(), new List<Metric>());
        using var provider = Sdk.CreateMeterProviderBuilder().AddMilvusClientInstrumentation().AddInMemoryExporter(unlimited).Build();
        using var providerWithView = Sdk.CreateMeterProviderBuilder()
            .AddMilvusClientInstrumentation()
            .AddView("db.client.operation.duration", new MetricStreamConfiguration { TagKeys = ["db.operation.name", "db.namespace", "error.type"] })
            .AddInMemoryExporter(viewed)
            .Build();
        using var channel = GrpcChannel.ForAddress(_milvus.Address);

        for (var tenant = 0; tenant < 2_050; tenant++)
        {
            await channel.CallAsync("Search", Wire.Message((3, $"tenant{tenant}")));
        }

        provider.ForceFlush();
        providerWithView.ForceFlush();
        TagsOf(unlimited).Count.ShouldBe(2_001);
        TagsOf(unlimited).ShouldContain(tags => tags.Any(tag => tag.Key == "otel.metric.overflow"));
        TagsOf(viewed).ShouldHaveSingleItem().Select(tag => tag.Key).ShouldBe(["db.namespace", "db.operation.name"], ignoreOrder: true);
    }

    private static List<List<KeyValuePair<string, object?>>> TagsOf(List<Metric> metrics)
    {
        var points = new List<List<KeyValuePair<string, object?>>>();
        foreach (ref readonly var point in metrics.Single().GetMetricPoints())
        {
            var tags = new List<KeyValuePair<string, object?>>();
            foreach (var tag in point.Tags)
            {
                tags.Add(tag);
            }

            points.Add(tags);
        }

        return points;
    }

    private static IEnumerable<double> Bounds(MetricPoint point)
    {
        foreach (var bucket in point.GetHistogramBuckets())
        {
            yield return bucket.ExplicitBound;
        }
    }

    private async Task CallAsync(int calls = 1)
    {
        using var client = new MilvusClient(_milvus.Address, apiKey: "key");
        for (var call = 0; call < calls; call++)
        {
            await client.HasCollectionAsync("books");
        }
    }
}
