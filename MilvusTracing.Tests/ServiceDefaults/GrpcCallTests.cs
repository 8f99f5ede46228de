using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static MilvusTracing.Tests.ServiceDefaults.InstrumentedApp;

namespace MilvusTracing.Tests.ServiceDefaults;

/// <summary>The spans of a gRPC call, and the trace context that it sends to the server.</summary>
[Collection(ProcessWide.Name)]
public sealed class GrpcCallTests
{
    [Fact]
    public async Task The_server_receives_the_span_of_the_gRPC_call_and_HttpClient_adds_none()
    {
        await using var jaeger = await OtlpReceiver.StartAsync();
        await using var server = await OtlpReceiver.StartAsync();
        string traceId;

        // An application with HttpClient instrumentation.
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
        var context = ReceivedContext(server);
        (context.TraceId.ToHexString(), context.SpanId.ToHexString()).ShouldBe((traceId, call.SpanId));
        context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded).ShouldBeTrue();
    }

    [Fact]
    public async Task The_server_receives_that_a_trace_is_not_sampled()
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
        ReceivedContext(server).TraceFlags.HasFlag(ActivityTraceFlags.Recorded).ShouldBeFalse();
    }

    private static ActivityContext ReceivedContext(OtlpReceiver server) =>
        ActivityContext.Parse(server.Requests.ShouldHaveSingleItem().Headers["traceparent"], traceState: null);

    /// <summary>Makes a gRPC call: an empty message is an OTLP export without spans.</summary>
    private static async Task CallAsync(OtlpReceiver server)
    {
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var export = new Method<byte[], byte[]>(
            MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", bytes, bytes);
        using var channel = GrpcChannel.ForAddress(server.GrpcEndpoint);
        await channel.CreateCallInvoker().AsyncUnaryCall(export, null, new CallOptions(), []);
    }
}
