using System.Diagnostics;
using System.Net;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MilvusTracing.Tests.Support.Otlp;

public sealed class OtlpReceiverTests
{
    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Receives_what_the_OpenTelemetry_SDK_sends(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var source = new ActivitySource($"receiver-test-{protocol}");
        using (Tracing(source, receiver, protocol))
        {
            using var parent = source.StartActivity("parent", ActivityKind.Client);
            using var child = source.StartActivity("child");
            child?.SetTag("rows", 3L).SetStatus(ActivityStatusCode.Error, "it broke").AddEvent(new("noted"));
        }

        await receiver.WaitForAsync(() => receiver.Spans.Count == 2, Timeouts.Limit);

        var root = receiver.Spans.Single(span => span.ParentSpanId == "");
        root.Name.ShouldBe("parent");
        root.Kind.ShouldBe(ActivityKind.Client);
        root.Service.ShouldBe("receiver-test");
        var inner = receiver.Spans.Single(span => span.ParentSpanId == root.SpanId);
        inner.TraceId.ShouldBe(root.TraceId);
        inner.Attributes["rows"].ShouldBe(3L);
        inner.Status.ShouldBe(ActivityStatusCode.Error);
        inner.StatusMessage.ShouldBe("it broke");
        inner.Events.ShouldHaveSingleItem().Name.ShouldBe("noted");
        var request = receiver.Requests.ShouldHaveSingleItem();
        request.IsGrpc.ShouldBe(protocol == OtlpExportProtocol.Grpc);
        request.Headers["x-otlp-api-key"].ShouldBe("secret");
    }

    [Fact]
    public async Task Receives_metrics_with_their_points()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var meter = new System.Diagnostics.Metrics.Meter("receiver-test");
        using (Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .AddOtlpExporter(options => options.Endpoint = receiver.GrpcEndpoint)
            .Build())
        {
            meter.CreateHistogram<double>("took", "s").Record(0.5, new KeyValuePair<string, object?>("kind", "search"));
            meter.CreateCounter<long>("calls").Add(7);
        }

        await receiver.WaitForAsync(() => receiver.Metrics.Count == 2, Timeouts.Limit);

        var took = receiver.Metrics.Single(metric => metric.Name == "took");
        took.Unit.ShouldBe("s");
        var point = took.Points.ShouldHaveSingleItem();
        (point.Value, point.Count, point.Attributes["kind"]).ShouldBe((0.5, 1ul, "search"));
        receiver.Metrics.Single(metric => metric.Name == "calls").Points.ShouldHaveSingleItem().Value.ShouldBe(7);
    }

    [Fact]
    public async Task Waiting_in_vain_ends_at_the_limit_and_tells_what_arrived()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var failure = await Should.ThrowAsync<TimeoutException>(
            receiver.WaitForAsync(() => receiver.Spans.Count > 0, TimeSpan.FromMilliseconds(50)));
        failure.Message.ShouldContain("0 spans");
    }

    [Fact]
    public async Task Stops_and_listens_again_on_the_same_port()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var endpoint = receiver.HttpEndpoint;
        await receiver.StopAsync();
        using var client = new HttpClient();
        await Should.ThrowAsync<HttpRequestException>(client.GetAsync(endpoint));

        await receiver.ListenAsync();

        receiver.HttpEndpoint.ShouldBe(endpoint);
        (await PostAsync(client, receiver, [])).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refuses_what_is_not_OTLP()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var client = new HttpClient();
        (await PostAsync(client, receiver, "not protobuf"u8.ToArray())).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(client, receiver, [], "application/json")).ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Can_be_told_to_refuse()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var client = new HttpClient();

        receiver.Interceptor = OtlpFaults.HttpStatus(503);
        (await PostAsync(client, receiver, [])).ShouldBe(HttpStatusCode.ServiceUnavailable);
        receiver.Interceptor = OtlpFaults.RequireHeader("x-otlp-api-key", "right");
        (await PostAsync(client, receiver, [])).ShouldBe(HttpStatusCode.Unauthorized);

        receiver.Requests.Count.ShouldBe(2);
        receiver.Spans.ShouldBeEmpty();
    }

    private static TracerProvider Tracing(ActivitySource source, OtlpReceiver receiver, OtlpExportProtocol protocol) =>
        Sdk.CreateTracerProviderBuilder()
            .AddSource(source.Name)
            .ConfigureResource(resource => resource.AddService("receiver-test"))
            .AddOtlpExporter(options =>
            {
                options.Protocol = protocol;
                options.Endpoint = protocol == OtlpExportProtocol.Grpc
                    ? receiver.GrpcEndpoint : new Uri(receiver.HttpEndpoint, "v1/traces");
                options.Headers = "x-otlp-api-key=secret";
            })
            .Build();

    private static async Task<HttpStatusCode> PostAsync(
        HttpClient client, OtlpReceiver receiver, byte[] body, string contentType = "application/x-protobuf")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new(contentType) } };
        using var response = await client.PostAsync(new Uri(receiver.HttpEndpoint, "v1/traces"), content);
        return response.StatusCode;
    }
}
