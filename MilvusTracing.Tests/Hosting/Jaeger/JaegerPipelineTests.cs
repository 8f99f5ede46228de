using System.Diagnostics;
using System.Net;
using Aspire.Hosting;
using Grpc.Core;
using Grpc.Net.Client;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support.Otlp.Protos;
using Span = MilvusTracing.Tests.Hosting.Jaeger.JaegerProgram.Span;

namespace MilvusTracing.Tests.Hosting.Jaeger;

/// <summary>Runs Jaeger with the embedded configuration files.</summary>
public sealed class JaegerPipelineTests
{
    [RequiresFact(Capability.Jaeger)]
    public async Task Every_combination_of_the_files_is_valid()
    {
        for (var choice = 0; choice < 16; choice++)
        {
            var (dashboard, metrics, sampling, data) = ((choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0, (choice & 8) != 0);

            var (exitCode, output) = await JaegerProgram.ValidateAsync(
                jaeger =>
                {
                    _ = metrics ? jaeger.WithSpanMetrics() : jaeger;
                    _ = data ? jaeger.WithDataVolume() : jaeger;
                    _ = sampling ? jaeger.WithTailSampling(keep => keep.Errors()) : jaeger;
                },
                dashboard);

            exitCode.ShouldBe(0, $"dashboard {dashboard}, metrics {metrics}, sampling {sampling}, data {data}: {output}");
        }
    }

    [RequiresFact(Capability.Jaeger)]
    public async Task Tail_sampling_keeps_failed_and_slow_traces_and_one_in_a_hundred_and_metrics_count_all()
    {
        const int Count = 2_000;
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await JaegerProgram.StartAsync(
            jaeger => jaeger.WithSpanMetrics().WithTailSampling(keep => keep.Errors().SlowerThan(TimeSpan.FromMilliseconds(500)).SampleOneIn(100)),
            dashboard);
        var random = new Random(13);
        var traces = Enumerable.Range(0, Count).Select(_ => $"{random.NextInt64():x16}{random.NextInt64():x16}").ToArray();
        var failed = traces[..10];
        var slow = traces[10..20];
        var now = DateTimeOffset.UtcNow;

        await jaeger.SendAsync("standalone", traces.Select(trace => new Span(trace, "Search", now, TimeSpan.FromMilliseconds(20))));
        // Milvus's C++ core sends its spans last, and one of them may be the failed or slow one. The metrics show that Jaeger has
        // received the first spans, in an earlier batch.
        await dashboard.WaitForAsync(() => Calls(dashboard, "standalone", "Search") == Count, Timeouts.Limit);
        await jaeger.SendAsync("segcore", traces.SelectMany(trace => Enumerable.Range(0, 3).Select(part => new Span(
            trace, "SegCoreSearch", now, TimeSpan.FromMilliseconds(slow.Contains(trace) ? 600 : 10), failed.Contains(trace) && part == 2))));

        await dashboard.WaitForAsync(
            () => traces[..20].All(dashboard.Spans.Select(span => span.TraceId).ToHashSet().Contains), Timeouts.Limit);
        await dashboard.WaitForAsync(
            () => Calls(dashboard, "standalone", "Search") == Count && Calls(dashboard, "segcore", "SegCoreSearch") == 3 * Count, Timeouts.Limit);
        var relayed = dashboard.Spans.GroupBy(span => span.TraceId).ToDictionary(trace => trace.Key, trace => trace.Count());
        relayed.Values.ShouldAllBe(spans => spans == 4);
        (relayed.Count - 20).ShouldBeInRange(5, 45);
        (await jaeger.StoredAsync("standalone")).ShouldBe(relayed, ignoreOrder: true);
    }

    [RequiresFact(Capability.Jaeger)]
    public async Task Span_metrics_have_durations_in_milliseconds_by_operation_and_status()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await JaegerProgram.StartAsync(jaeger => jaeger.WithSpanMetrics(), dashboard);
        var now = DateTimeOffset.UtcNow;
        var trace = new string('a', 32);

        await jaeger.SendAsync("standalone",
        [
            new(trace, "Search", now, TimeSpan.FromMilliseconds(4)), new(trace, "Search", now, TimeSpan.FromMilliseconds(4), IsFailed: true),
            new(trace, "Query", now, TimeSpan.FromMilliseconds(0.3)),
        ]);

        await dashboard.WaitForAsync(() => Points(dashboard, "duration", "standalone").Count() == 3, Timeouts.Limit);
        dashboard.Metrics.Where(metric => metric.Name == "duration").ShouldAllBe(metric => metric.Unit == "ms");
        var failed = Points(dashboard, "duration", "standalone").Single(point => (string?)point.Attributes["status.code"] == "STATUS_CODE_ERROR");
        failed.Attributes["span.name"].ShouldBe("Search");
        failed.Attributes.Keys.ShouldNotContain("service.name");
        (failed.Count, failed.Value).ShouldBe((1ul, 4.0));
        var bucket = failed.Buckets.ToList().FindIndex(count => count == 1);
        (failed.Bounds[bucket - 1], failed.Bounds[bucket]).ShouldBe((3, 5));
    }

    [RequiresFact(Capability.Jaeger)]
    public async Task Traces_in_a_volume_survive_a_restart()
    {
        var data = Directory.CreateTempSubdirectory();
        try
        {
            var trace = Guid.NewGuid().ToString("N");
            await using var dashboard = await OtlpReceiver.StartAsync();
            await using (var jaeger = await JaegerProgram.StartAsync(jaeger => jaeger.WithDataVolume(), dashboard, data.FullName))
            {
                await jaeger.SendAsync("standalone", [new(trace, "Search", DateTimeOffset.UtcNow, TimeSpan.FromMilliseconds(1))]);
                await dashboard.WaitForAsync(() => dashboard.Spans.Count == 1, Timeouts.Limit);
            }

            await using var again = await JaegerProgram.StartAsync(jaeger => jaeger.WithDataVolume(), dashboard, data.FullName);

            (await again.StoredAsync("standalone")).ShouldBe(new Dictionary<string, int> { [trace] = 1 });
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [RequiresFact(Capability.Jaeger)]
    public async Task At_the_memory_limit_Jaeger_refuses_spans_with_a_retryable_status()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await JaegerProgram.StartAsync(
            _ => { }, dashboard, data: null, "--set=processors.memory_limiter.limit_mib=2", "--set=processors.memory_limiter.spike_limit_mib=1");
        var span = new Span(new string('a', 32), "Search", DateTimeOffset.UtcNow, TimeSpan.FromMilliseconds(1));

        // Jaeger checks its memory once a second.
        var status = HttpStatusCode.OK;
        for (var stopwatch = Stopwatch.StartNew(); status == HttpStatusCode.OK && stopwatch.Elapsed < Timeouts.Limit;)
        {
            using var response = await jaeger.PostAsync("standalone", span);
            status = response.StatusCode;
            await Task.Delay(50);
        }

        // The OTLP specification makes senders retry after these: 503 for HTTP, UNAVAILABLE for gRPC, which Milvus uses.
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var channel = GrpcChannel.ForAddress(jaeger.Otlp);
        var request = new ExportTraceServiceRequest
        {
            ResourceSpans = { new ResourceSpans { ScopeSpans = { new ScopeSpans { Spans = { new Support.Otlp.Protos.Span { Name = "Search" } } } } } },
        };
        var refusal = await Should.ThrowAsync<RpcException>(() => new TraceService.TraceServiceClient(channel).ExportAsync(request).ResponseAsync);
        refusal.StatusCode.ShouldBe(StatusCode.Unavailable, refusal.ToString());
    }

    private static double Calls(OtlpReceiver dashboard, string service, string span) =>
        Points(dashboard, "calls", service).Where(point => (string?)point.Attributes["span.name"] == span).Sum(point => point.Value);

    /// <summary>The data points of the last export of a metric.</summary>
    private static IEnumerable<ReceivedPoint> Points(OtlpReceiver dashboard, string name, string service) =>
        dashboard.Metrics.LastOrDefault(metric => metric.Name == name && (string?)metric.Resource["service.name"] == service)?.Points ?? [];
}
