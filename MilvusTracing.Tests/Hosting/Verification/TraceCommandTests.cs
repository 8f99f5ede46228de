using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting.Verification;

public sealed class TraceCommandTests
{
    private const string NoTraces = """{ "data": [], "result": { "resourceSpans": [] } }""";

    [Fact]
    public async Task The_verify_command_shows_the_verdict_and_a_link_to_the_trace()
    {
        const string TraceId = "0af7651916cd43dd8448eb211c80319c";
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json("/api/v3/traces", JoinedTrace(TraceId));
        jaeger.Json($"/api/v3/traces/{TraceId}", JoinedTrace(TraceId));
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });

        var result = await VerifyLastTraceAsync(model);

        result.Success.ShouldBeTrue(result.Data?.Value);
        result.Message.ShouldBe("joined: 1 of 1 client calls, 1 root, 0 orphans, 3 spans (milvus-client 2, standalone 1)");
        var data = result.Data.ShouldNotBeNull();
        (data.Format, data.DisplayImmediately).ShouldBe((CommandResultFormat.Markdown, true));
        data.Value.ShouldContain($"(http://localhost:{jaeger.Port}/trace/{TraceId})");
        data.Value.ShouldContain("MilvusService/Search");
    }

    [Fact]
    public async Task The_verify_command_shows_which_backend_does_not_respond()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });

        var result = await VerifyLastTraceAsync(model);

        result.Success.ShouldBeFalse();
        result.Message.ShouldNotBeNull().ShouldStartWith("could not check: ");
        result.Data.ShouldNotBeNull().Value.ShouldContain($"localhost:{jaeger.Port}");
    }

    [Fact]
    public async Task The_verify_command_waits_for_the_first_trace_until_the_resource_is_stopped()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        var firstRequest = new TaskCompletionSource();
        jaeger.On("*", context =>
        {
            firstRequest.TrySetResult();
            return FakeHttpServer.SendAsync(context, 200, "application/json", NoTraces);
        });
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });
        await PublishAsync(model, KnownResourceStates.Running);

        var verification = VerifyLastTraceAsync(model);
        await firstRequest.Task.WaitAsync(Timeouts.Limit);
        await PublishAsync(model, KnownResourceStates.NotStarted);

        var result = await verification;
        result.Success.ShouldBeFalse();
        result.Message.ShouldBe("could not check: milvus-client has not sent a trace yet: its state is NotStarted.");
    }

    [Fact]
    public async Task The_verify_command_names_the_export_error_in_Milvuss_log_first()
    {
        const string TraceId = "0af7651916cd43dd8448eb211c80319c";
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json("/api/v3/services", """{ "services": [ "milvus-client" ] }""");
        jaeger.Json("/api/v3/traces", ClientTrace(TraceId));
        jaeger.Json($"/api/v3/traces/{TraceId}", ClientTrace(TraceId));
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });
        model.Resource("milvus").Annotations.OfType<MilvusLogForwardingAnnotation>().Single().Failures.Add(
            new("traces export: dial tcp: address http://collector:4317: too many colons in address", DateTimeOffset.UtcNow));

        var result = await VerifyLastTraceAsync(model);

        result.Message.ShouldNotBeNull().ShouldStartWith("not joined: ");
        var report = result.Data.ShouldNotBeNull().Value;
        report.ShouldContain("too many colons in address");
        report.ShouldContain("host:port");
    }

    private static Task PublishAsync(AppHostModel model, string state) =>
        model.Services.GetRequiredService<ResourceNotificationService>().PublishUpdateAsync(
            model.Resource("milvus-client"), snapshot => snapshot with { State = state });

    private static Task<ExecuteCommandResult> VerifyLastTraceAsync(AppHostModel model)
    {
        var command = model.Resource("milvus-client").Annotations.OfType<ResourceCommandAnnotation>()
            .Single(command => command.DisplayName == "Verify the last trace");
        return command.ExecuteCommand(new ExecuteCommandContext
        {
            Services = model.Services,
            ResourceName = "milvus-client",
            Arguments = new InteractionInputCollection([]),
            CancellationToken = CancellationToken.None,
            Logger = NullLogger.Instance,
        });
    }

    /// <summary>A response of Jaeger's query API: an old trace of a root, a call to Milvus and Milvus's span.</summary>
    private static string JoinedTrace(string traceId) => Trace(
        Spans("milvus-client", Span(traceId, "01", "", "quick_setup", 1), Span(traceId, "02", "0000000000000001", "milvus.proto.milvus.MilvusService/Search", 3)),
        Spans("standalone", Span(traceId, "03", "0000000000000002", "milvus.proto.milvus.MilvusService/Search", 2)));

    /// <summary>The same trace without Milvus's span.</summary>
    private static string ClientTrace(string traceId) => Trace(
        Spans("milvus-client", Span(traceId, "01", "", "quick_setup", 1), Span(traceId, "02", "0000000000000001", "milvus.proto.milvus.MilvusService/Search", 3)));

    private static string Trace(params string[] resources) => $$"""{ "result": { "resourceSpans": [ {{string.Join(',', resources)}} ] } }""";

    private static string Spans(string service, params string[] spans) => $$"""
        { "resource": { "attributes": [ { "key": "service.name", "value": { "stringValue": "{{service}}" } } ] },
          "scopeSpans": [ { "spans": [ {{string.Join(',', spans)}} ] } ] }
        """;

    private static string Span(string traceId, string id, string parent, string name, int kind) => $$"""
        { "traceId": "{{traceId}}", "spanId": "00000000000000{{id}}", "parentSpanId": "{{parent}}", "name": "{{name}}", "kind": {{kind}},
          "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000001000000",
          "attributes": [ { "key": "rpc.system", "value": { "stringValue": "grpc" } } ] }
        """;
}
