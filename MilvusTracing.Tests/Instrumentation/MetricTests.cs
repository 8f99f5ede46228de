using System.Diagnostics;
using System.Diagnostics.Metrics;
using MilvusTracing.Instrumentation;
using MilvusTracing.Instrumentation.Calls;
using MilvusTracing.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using static MilvusTracing.Tests.Support.Wire;

namespace MilvusTracing.Tests.Instrumentation;

/// <summary>The metric db.client.operation.duration.</summary>
public sealed class MetricTests() : InstrumentationTest(isObserved: false)
{
    [Fact]
    public async Task It_follows_the_database_conventions_and_works_without_tracing()
    {
        using var telemetry = new Telemetry(Milvus.Address, isTracing: false);
        string? schema = null;
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "MilvusTracing.Instrumentation")
                {
                    schema = instrument.Meter.TelemetrySchemaUrl;
                }
            },
        };

        await Client.HasCollectionAsync("books");
        await Client.HasCollectionAsync("books");
        meters.Start();

        var (attributes, point) = telemetry.Durations.ShouldHaveSingleItem();
        point.GetHistogramCount().ShouldBe(2);
        attributes.ShouldBe(
            new Dictionary<string, object?>
            {
                ["db.system.name"] = "milvus",
                ["db.operation.name"] = "has_collection",
                ["db.collection.name"] = "books",
                ["db.namespace"] = "default",
                ["server.address"] = "127.0.0.1",
                ["server.port"] = (long)Milvus.Address.Port,
            },
            ignoreOrder: true);
        var metric = telemetry.Metrics.Single();
        (metric.Name, metric.Unit, metric.MetricType).ShouldBe(("db.client.operation.duration", "s", MetricType.Histogram));
        schema.ShouldNotBeNull().ShouldStartWith("https://opentelemetry.io/schemas/1.");
    }

    [Fact]
    public async Task It_counts_calls_whose_trace_is_not_sampled()
    {
        using var telemetry = new Telemetry(Milvus.Address, sampler: new AlwaysOffSampler());
        using var order = new Activity("order").Start();

        await Client.HasCollectionAsync("books");

        telemetry.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(1);
        telemetry.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_providers_measure_the_duration_of_the_span_once_and_a_disposed_one_no_longer()
    {
        var first = new Telemetry(Milvus.Address);
        using var second = new Telemetry(Milvus.Address);

        await Client.HasCollectionAsync("books");
        var point = first.Durations.ShouldHaveSingleItem().Point;
        first.Dispose();
        await Client.HasCollectionAsync("books");

        point.GetHistogramCount().ShouldBe(1);
        point.GetHistogramSum().ShouldBe(first.Span.Duration.TotalSeconds, tolerance: 1e-9);
        second.Durations.ShouldHaveSingleItem().Point.GetHistogramCount().ShouldBe(2);
        second.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Requests_have_no_traceparent_after_the_last_provider_is_disposed()
    {
        var first = new Telemetry(Milvus.Address, isTracing: false);
        var second = new Telemetry(Milvus.Address);
        second.Dispose();

        await Client.HasCollectionAsync("books");
        first.Dispose();
        await Client.HasCollectionAsync("books");
        using var http = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await http.GetAsync(new Uri(Milvus.Address, "/milvus.proto.milvus.MilvusService/CheckHealth"));

        Milvus.TraceParents.ShouldBe([Milvus.TraceParents.First(header => header.EndsWith("-00")), "", ""]);
    }

    [Fact]
    public async Task Calls_are_not_observed_after_the_last_provider_is_disposed_even_if_gRPC_is_instrumented()
    {
        var telemetry = new Telemetry(Milvus.Address);
        using var grpc = Sdk.CreateTracerProviderBuilder().AddGrpcClientInstrumentation().Build();
        List<HttpContent?> contents = [];
        using var channel = ChannelWith((request, send) =>
        {
            contents.Add(request.Content);
            return send();
        });

        await channel.CallAsync("Search", []);
        telemetry.Dispose();
        await channel.CallAsync("Search", []);

        contents.Select(content => content is MilvusCall).ShouldBe([true, false]);
    }

    [Fact]
    public async Task Providers_and_diagnostic_listeners_can_come_and_go_at_the_same_time()
    {
        await Task.WhenAll(RepeatAsync(MilvusClientInstrumentation.AddMeterProvider), RepeatAsync(() => new DiagnosticListener("Grpc.Net.Client")))
            .WaitAsync(Timeouts.Limit);

        static Task RepeatAsync(Func<IDisposable> create) => Task.Run(() =>
        {
            for (var round = 0; round < 2_000; round++)
            {
                create().Dispose();
            }
        });
    }

    [Fact]
    public async Task Collections_over_the_cardinality_limit_share_a_point_unless_a_View_removes_the_attribute()
    {
        using var unlimited = new Telemetry(Milvus.Address, isTracing: false);
        using var viewed = new Telemetry(Milvus.Address, isTracing: false, metricAttributes: ["db.operation.name", "db.namespace", "error.type"]);

        for (var tenant = 0; tenant < 2_050; tenant++)
        {
            await Channel.CallAsync("Search", Message((3, $"tenant{tenant}")));
        }

        unlimited.Points.Count.ShouldBe(2_001);
        unlimited.Points.ShouldContain(point => point.Attributes.ContainsKey("otel.metric.overflow"));
        viewed.Points.ShouldHaveSingleItem().Attributes.Keys.ShouldBe(["db.namespace", "db.operation.name"], ignoreOrder: true);
    }
}
