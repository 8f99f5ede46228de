using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>What a gRPC call of the application records and tells the server.</summary>
[Collection(ProcessWide.Name)]
public sealed class GrpcCallTests
{
    [Fact]
    public async Task A_server_continues_the_span_of_the_gRPC_call_and_HttpClient_adds_none()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var server = await OtlpReceiver.StartAsync();
        string traceId;

        // As an application does that has HttpClient instrumentation.
        await using (var app = await StartAsync(
            Settings(traces: jaeger),
            builder => builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource("System.Net.Http"))))
        {
            using var operation = app.Source.StartActivity("search", ActivityKind.Client);
            traceId = operation!.TraceId.ToHexString();
            await CallAsync(server);
        }

        var spans = jaeger.Spans.Where(span => span.TraceId == traceId).ToList();
        spans.Count.ShouldBe(2);
        var search = spans.Single(span => span.Name == "search");
        var call = spans.Single(span => span != search);
        call.Name.ShouldBe("opentelemetry.proto.collector.trace.v1.TraceService/Export");
        call.Kind.ShouldBe(ActivityKind.Client);
        call.ParentSpanId.ShouldBe(search.SpanId);
        server.Requests.ShouldHaveSingleItem().Headers["traceparent"].ShouldBe($"00-{traceId}-{call.SpanId}-01");
    }

    [Fact]
    public async Task A_trace_that_is_not_sampled_tells_the_server_so()
    {
        await using var server = await OtlpReceiver.StartAsync();
        var settings = Settings(traces: server);
        settings["OTEL_TRACES_SAMPLER"] = "always_off";
        await using (var app = await StartAsync(settings))
        {
            using var operation = app.Source.StartActivity("search", ActivityKind.Client);
            await CallAsync(server);
        }

        server.Spans.ShouldBeEmpty();
        server.Requests.ShouldHaveSingleItem().Headers["traceparent"].ShouldEndWith("-00");
    }

    /// <summary>Any gRPC call with Grpc.Net.Client will do; an empty message is an OTLP export of nothing.</summary>
    private static async Task CallAsync(OtlpReceiver server)
    {
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var export = new Method<byte[], byte[]>(
            MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", bytes, bytes);
        using var channel = GrpcChannel.ForAddress(server.GrpcEndpoint);
        await channel.CreateCallInvoker().AsyncUnaryCall(export, null, new CallOptions(), []);
    }
}
