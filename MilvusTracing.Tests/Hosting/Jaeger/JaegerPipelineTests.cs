using System.Diagnostics;
using Aspire.Hosting;
using Grpc.Core;
using Grpc.Net.Client;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using MilvusTracing.Tests.Support.Otlp.Protos;
using MilvusTracing.Tests.Verification;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Hosting.Jaeger;

/// <summary>Runs Jaeger with the embedded configuration files.</summary>
public sealed class JaegerPipelineTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

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

        await jaeger.SendAsync(traces.Select(trace => Trace(trace, "standalone", "Search", 20)));
        // Milvus's C++ core sends its spans last, and one of them may be the failed or slow one. The metrics show that Jaeger has
        // received the first spans, in an earlier batch.
        await dashboard.WaitForAsync(() => Calls(dashboard, "standalone", "Search") == Count, Timeouts.Limit);
        await jaeger.SendAsync(traces.SelectMany(trace => Enumerable.Range(0, 3).Select(part =>
            Trace(trace, "segcore", "SegCoreSearch", slow.Contains(trace) ? 600 : 10, failed.Contains(trace) && part == 2))));

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
    public async Task At_the_memory_limit_Jaeger_refuses_spans_with_a_retryable_status()
    {
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var jaeger = await JaegerProgram.StartAsync(
            _ => { }, dashboard, "--set=processors.memory_limiter.limit_mib=2", "--set=processors.memory_limiter.spike_limit_mib=1");
        using var channel = GrpcChannel.ForAddress(jaeger.Otlp);
        var service = new TraceService.TraceServiceClient(channel);
        var request = new ExportTraceServiceRequest
        {
            ResourceSpans = { new ResourceSpans { ScopeSpans = { new ScopeSpans { Spans = { new Support.Otlp.Protos.Span { Name = "Search" } } } } } },
        };
        var status = StatusCode.OK;

        // Jaeger checks its memory once a second.
        await Timeouts.PollAsync(
            async () =>
            {
                using var export = service.ExportAsync(request);
                await ((Task)export.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return (status = export.GetStatus().StatusCode) != StatusCode.OK;
            },
            () => "Jaeger accepts all spans.");

        // The OTLP specification makes senders, such as Milvus, retry after this status.
        status.ShouldBe(StatusCode.Unavailable);
    }

    /// <summary>A trace with one span.</summary>
    private static TraceData Trace(string id, string service, string name, double milliseconds, bool isFailed = false) => new(
        id, [Spans.Span(Random.Shared.Next(), null, name, service, ActivityKind.Server, milliseconds: milliseconds, isError: isFailed) with { Start = Now }]);

    private static double Calls(OtlpReceiver dashboard, string service, string span) =>
        Points(dashboard, "calls", service).Where(point => (string?)point.Attributes["span.name"] == span).Sum(point => point.Value);

    /// <summary>The data points of the last export of a metric.</summary>
    private static IEnumerable<ReceivedPoint> Points(OtlpReceiver dashboard, string name, string service) =>
        dashboard.Metrics.LastOrDefault(metric => metric.Name == name && (string?)metric.Resource["service.name"] == service)?.Points ?? [];
}
