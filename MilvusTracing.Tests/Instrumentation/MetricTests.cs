using Milvus.Client;
using MilvusTracing.Tests.Support;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The metric db.client.operation.duration.</summary>
[Collection(ProcessWide.Name)]
public sealed class MetricTests : IAsyncLifetime
{
    private MilvusDouble _milvus = null!;

    public async Task InitializeAsync() => _milvus = await MilvusDouble.StartAsync();

    public async Task DisposeAsync() => await _milvus.DisposeAsync();

    [Fact]
    public async Task It_is_a_histogram_by_the_database_conventions_complete_without_tracing()
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
    public async Task It_is_the_spans_duration()
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);

        await CallAsync();

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramSum().ShouldBe(telemetry.Span.Duration.TotalSeconds, tolerance: 1e-9);
    }

    [Fact]
    public async Task It_is_complete_where_no_trace_is_sampled_and_such_spans_have_no_attribute()
    {
        using var telemetry = new Telemetry(_milvus.Address, sampler: new AlwaysOffSampler(), isMetering: true);
        using var order = new System.Diagnostics.Activity("order").Start();

        await CallAsync(calls: 2);

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(2);
        telemetry.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_is_measured_once_however_many_providers_there_are()
    {
        using var telemetry = new Telemetry(_milvus.Address, isMetering: true);
        using var other = new Telemetry(_milvus.Address, isMetering: true);

        await CallAsync();

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(1);
        other.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(1);
    }

    [Fact]
    public async Task What_is_left_of_two_providers_goes_on_and_nothing_is_heard_after_the_last()
    {
        var first = new Telemetry(_milvus.Address, isMetering: true);
        var second = new Telemetry(_milvus.Address, isMetering: true);

        first.Dispose();
        await CallAsync();
        var heard = second.Durations.Count;
        second.Dispose();
        await CallAsync();

        heard.ShouldBe(1);
        second.Span.DisplayName.ShouldBe("has_collection books");
        first.Spans.ShouldBeEmpty();
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
