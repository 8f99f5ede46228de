using Milvus.Client;
using MilvusTracing.Tests.Support;
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
        using var order = new System.Diagnostics.Activity("order").Start();

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
