using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Verification;
using static MilvusTracing.Tests.Verification.Spans;

namespace MilvusTracing.Tests.Hosting.Verification;

public sealed class TraceCommandTests
{
    [Fact]
    public async Task The_verify_command_shows_the_verdict_and_a_link_to_the_trace()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-pass.json");
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });

        var result = await VerifyLastTraceAsync(model);

        result.Success.ShouldBeTrue(result.Data?.Value);
        result.Message.ShouldNotBeNull().ShouldStartWith("joined: 7 of 7 client calls, 1 root, 0 orphans, 58 spans (milvus-client 10, standalone ");
        var data = result.Data.ShouldNotBeNull();
        (data.Format, data.DisplayImmediately).ShouldBe((CommandResultFormat.Markdown, true));
        data.Value.ShouldMatch($@"\(http://localhost:{jaeger.Port}/trace/[0-9a-f]{{32}}\)");
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
            return FakeHttpServer.SendAsync(context, 200, "application/json", OtlpJson.Response());
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
    public async Task A_heartbeat_is_not_the_first_trace()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        var requests = 0;
        var heartbeat = Trace(Internal(1, null, "milvus.ClientTelemetryService/ClientHeartbeat", "milvus-client"));
        jaeger.On("/api/v3/traces", context => FakeHttpServer.SendAsync(
            context, 200, "application/json", OtlpJson.Response(++requests < 2 ? heartbeat : Joined())));
        jaeger.Json($"/api/v3/traces/{TraceId}", OtlpJson.Response(Joined()));
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["jaeger/ui"] = jaeger.Port });
        await PublishAsync(model, KnownResourceStates.Running);

        (await VerifyLastTraceAsync(model)).Success.ShouldBeTrue();

        requests.ShouldBeGreaterThan(2, "the command waits for a first trace before it verifies");
    }

    public static TheoryData<Dictionary<string, string>, string> Environments => new()
    {
        { [], "milvus-client" },
        { new() { ["OTEL_SERVICE_NAME"] = "shop" }, "shop" },
        { new() { ["OTEL_SERVICE_NAME"] = "", ["OTEL_RESOURCE_ATTRIBUTES"] = "a=b,service.name=my%20shop" }, "my shop" },
        { new() { ["OTEL_SERVICE_NAME"] = "shop", ["OTEL_RESOURCE_ATTRIBUTES"] = "service.name=other" }, "shop" },
    };

    [Theory]
    [MemberData(nameof(Environments))]
    public async Task The_service_name_is_that_of_the_resources_environment(Dictionary<string, string> environment, string service)
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        var services = new HashSet<string?>();
        jaeger.On("/api/v3/traces", context =>
        {
            services.Add(context.Request.Query["query.service_name"]);
            return FakeHttpServer.SendAsync(context, 200, "application/json", OtlpJson.Response(Trace(Joined().Spans.Select(span => span with { Service = service }))));
        });
        await using var model = await AppHostModel.BuildAsync(
            change: builder =>
            {
                var worker = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single());
                environment.ToList().ForEach(variable => worker.WithEnvironment(variable.Key, variable.Value));
            },
            hostPorts: new() { ["jaeger/ui"] = jaeger.Port });

        (await VerifyLastTraceAsync(model)).Success.ShouldBeTrue();

        services.ShouldBe([service]);
    }

    [Fact]
    public async Task Of_two_Jaegers_the_one_that_receives_the_traces_is_read()
    {
        await using var jaeger = await FakeHttpServer.StartAsync();
        jaeger.Json("/api/v3/traces", OtlpJson.Response(Joined()));
        await using var model = await AppHostModel.BuildAsync(
            change: builder =>
            {
                var other = builder.AddJaeger("other").Resource;
                builder.Resources.Remove(other);
                builder.Resources.Insert(0, other);
            },
            hostPorts: new() { ["jaeger/ui"] = jaeger.Port });

        var result = await VerifyLastTraceAsync(model);

        result.Success.ShouldBeTrue();
        result.Data.ShouldNotBeNull().Value.ShouldContain($"(http://localhost:{jaeger.Port}/trace/{TraceId})");
    }

    [Fact]
    public async Task The_verify_command_names_the_export_error_in_Milvuss_log_first()
    {
        await using var jaeger = await FakeHttpServer.JaegerAsync(["milvus-client"], "jaeger-client-only.json");
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
}
