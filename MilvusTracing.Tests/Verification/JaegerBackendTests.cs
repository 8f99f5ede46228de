using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using MilvusTracing.Tests.Support;
using MilvusTracing.Verification;

namespace MilvusTracing.Tests.Verification;

/// <summary>How Jaeger's <c>/api/v3</c> is searched and read.</summary>
public class JaegerBackendTests
{
    private const string Older = "0af7651916cd43dd8448eb211c80319c";
    private const string Newer = "1af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task The_latest_traces_are_returned_whatever_the_order()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json("/api/v3/traces", OtlpJson.Response(
            new TraceData(Older, [Spans.Span(1, at: 1)]), new TraceData(Newer, [Spans.Span(1, at: 3)]), new TraceData(Older, [Spans.Span(2, at: 4)])));
        using var backend = new JaegerBackend(jaeger.Url);

        (await backend.FindTracesAsync(new TraceQuery("caller", 1), default)).ShouldHaveSingleItem().Id.ShouldBe(Newer);

        var both = await backend.FindTracesAsync(new TraceQuery("caller", 2), default);
        both.Select(trace => trace.Id).ShouldBe([Newer, Older]);
        both[1].Spans.Count.ShouldBe(2, "the spans of a trace may be apart");
    }

    [Fact]
    public async Task A_search_has_the_parameters_that_Jaeger_requires()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        var queries = new List<IQueryCollection>();
        jaeger.On("/api/v3/traces", context =>
        {
            queries.Add(context.Request.Query);
            return FakeHttpServer.SendAsync(context, 404, "text/plain", Recording.NotFound);
        });
        using var backend = new JaegerBackend(jaeger.Url);
        var from = new DateTimeOffset(2026, 11, 1, 12, 30, 0, TimeSpan.FromHours(2));

        (await backend.FindTracesAsync(new TraceQuery("a & b", 50, from, from.AddMinutes(1)), default)).ShouldBeEmpty();

        var query = queries.ShouldHaveSingleItem();
        query["query.service_name"].ToString().ShouldBe("a & b");
        query["query.num_traces"].ToString().ShouldBe("50");
        query["query.start_time_min"].ToString().ShouldBe("2026-11-01T10:30:00.0000000Z");
        query["query.start_time_max"].ToString().ShouldBe("2026-11-01T10:31:00.0000000Z");
        query["query.raw_traces"].ToString().ShouldBe("true", "Jaeger's adjustments change the stored trace");

        // Without a start time, older traces are searched if there are none of the last days.
        (await backend.FindTracesAsync(new TraceQuery("caller", 1), default)).ShouldBeEmpty();
        var starts = queries.Skip(1).Select(query => DateTimeOffset.Parse(query["query.start_time_min"].ToString(), CultureInfo.InvariantCulture)).ToList();
        starts[^1].ShouldBeLessThan(DateTimeOffset.UtcNow.AddDays(-30));
        starts[0].ShouldBeGreaterThan(starts[^1]);
    }

    [Fact]
    public async Task All_that_is_used_of_a_span_is_read()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json($"/api/v3/traces/{Older}", $$$$"""
            {"result":{"resourceSpans":[{
              "resource":{"attributes":[
                {"key":"service.name","value":{"stringValue":"caller"}},{"key":"telemetry.sdk.language","value":{"stringValue":"python"}},
                {"key":"telemetry.sdk.version","value":{"stringValue":"1.45.2"}},{"key":"process.pid","value":{"intValue":"7"}}]},
              "scopeSpans":[{"scope":{"name":"opentelemetry.instrumentation.grpc","version":"0.66"},"spans":[{
                "traceId":"{{{{Older}}}}","spanId":"00000000000000aa","parentSpanId":"00000000000000bb","flags":259,"name":"Search","kind":3,
                "startTimeUnixNano":"1700000000123456700","endTimeUnixNano":1700000000123457800,"status":{"code":2,"message":"failed"},
                "attributes":[
                  {"value":{"stringValue":"grpc"},"key":"rpc.system"},{"key":"rpc.grpc.status_code","value":{"intValue":"14"}},
                  {"key":"rpc.status_code","value":{"intValue":14}},{"key":"unused","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}]}]}]}]}}
            """);
        using var backend = new JaegerBackend(jaeger.Url);

        var span = (await backend.GetTraceAsync(Older, default))!.Spans.ShouldHaveSingleItem();

        (span.Id, span.ParentId, span.Name, span.Service, span.ScopeName).ShouldBe(
            ("00000000000000aa", "00000000000000bb", "Search", "caller", "opentelemetry.instrumentation.grpc"));
        (span.Kind, span.Flags, span.IsError).ShouldBe((ActivityKind.Client, 259u, true));
        (span.Start - DateTimeOffset.UnixEpoch).Ticks.ShouldBe(17_000_000_001_234_567);
        span.Duration.ShouldBe(TimeSpan.FromTicks(11));
        span.Attributes.OrderBy(attribute => attribute.Key, StringComparer.Ordinal).Select(attribute => $"{attribute.Key}={attribute.Value}").ShouldBe(
            ["rpc.grpc.status_code=14", "rpc.status_code=14", "rpc.system=grpc", "telemetry.sdk.language=python", "telemetry.sdk.version=1.45.2"]);
    }
}
