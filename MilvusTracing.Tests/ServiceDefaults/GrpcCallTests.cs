using System.Diagnostics;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Tests.Instrumentation;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>The spans of a gRPC call, and the trace context that it sends to the server.</summary>
[Collection(ProcessWide.Name)]
public sealed class GrpcCallTests
{
    [Theory]
    [InlineData("always_on", true)]
    [InlineData("always_off", false)]
    public async Task The_server_receives_the_span_of_the_gRPC_call_and_HttpClient_adds_none(string sampler, bool isSampled)
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var milvus = await FakeMilvus.StartAsync();
        using var channel = GrpcChannel.ForAddress(milvus.Address);

        // An application with HttpClient instrumentation.
        await using (var app = await StartAsync(
            Settings(traces: jaeger, more: ("TRACES_SAMPLER", sampler)),
            builder => builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource("System.Net.Http"))))
        {
            using var operation = app.Source.StartActivity("order");
            await channel.CallAsync("Search", []);
        }

        var context = ActivityContext.Parse(milvus.TraceParents.ShouldHaveSingleItem(), traceState: null);
        context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded).ShouldBe(isSampled);
        var spans = jaeger.Spans.Where(span => span.TraceId == context.TraceId.ToHexString()).ToList();
        spans.Select(span => span.Name.Split(' ')[0]).ShouldBe(isSampled ? ["search", "order"] : []);
        spans.Where(span => span.Name != "order").ShouldAllBe(span => span.SpanId == context.SpanId.ToHexString() && span.Kind == ActivityKind.Client);
    }
}
