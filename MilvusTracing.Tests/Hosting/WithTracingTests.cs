using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Google.Protobuf;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;

namespace MilvusTracing.Tests.Hosting;

public sealed class WithTracingTests
{
    [Theory]
    [InlineData("DEPLOY_MODE", "STANDALONE")]
    [InlineData("TRACE_EXPORTER", "otlp")]
    [InlineData("TRACE_OTLP_ENDPOINT", "jaeger.dev.internal:4317")]
    [InlineData("TRACE_OTLP_METHOD", "grpc")]
    [InlineData("TRACE_OTLP_SECURE", "false")]
    [InlineData("TRACE_INITTIMEOUTSECONDS", "10")]
    [InlineData("TRACE_SAMPLEFRACTION", "0")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "200")]
    public async Task It_gets_the_tracing_setting(string name, string value)
    {
        await using var model = await AppHostModel.BuildAsync();

        (await model.ConfigurationOfAsync("milvus")).Environment[name].ShouldBe(value);
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("0.25", "0.25")]
    [InlineData("", "0")]
    public async Task Configuration_chooses_the_share_of_its_own_traces(string setting, string value)
    {
        await using var model = await AppHostModel.BuildAsync(new() { ["Milvus:SampleFraction"] = setting });

        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_SAMPLEFRACTION"].ShouldBe(value);
    }

    [Theory]
    [InlineData("-0.1")]
    [InlineData("1.5")]
    [InlineData("NaN")]
    [InlineData("half")]
    public async Task A_share_that_is_none_stops_the_build_by_name_and_value(string setting)
    {
        var exception = await Should.ThrowAsync<Exception>(
            AppHostModel.BuildAsync(new() { ["Milvus:SampleFraction"] = setting }));

        exception.Message.ShouldContain($"Milvus:SampleFraction is {setting}; expected a number from 0 to 1.");
    }

    [Fact]
    public async Task Code_has_the_last_word_on_the_share()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.MilvusTracing_AppHost>(["Milvus:SampleFraction=0.5"]);
        var jaeger = builder.CreateResourceBuilder(builder.Resources.OfType<JaegerResource>().Single());
        var configured = double.NaN;

        Should.Throw<DistributedApplicationException>(() => builder.AddMilvus("another").WithTracing(jaeger, options =>
        {
            configured = options.SampleFraction;
            options.SampleFraction = 7;
        })).Message.ShouldContain("SampleFraction is 7");
        configured.ShouldBe(0.5);
    }

    [Theory]
    [InlineData(HealthCheckResponse.Types.ServingStatus.Serving, HealthStatus.Healthy)]
    [InlineData(HealthCheckResponse.Types.ServingStatus.NotServing, HealthStatus.Unhealthy)]
    public async Task It_is_healthy_when_its_gRPC_health_service_says_that_it_serves(HealthCheckResponse.Types.ServingStatus status, HealthStatus expected)
    {
        await using var milvus = await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2);
        milvus.Grpc("/grpc.health.v1.Health/Check", new HealthCheckResponse { Status = status }.ToByteArray());
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["milvus/grpc"] = milvus.Port });

        (await model.HealthOfAsync("milvus")).ShouldBe(expected);
    }

    [Fact]
    public async Task It_is_healthy_as_soon_as_a_Milvus_that_is_starting_serves()
    {
        await using var milvus = await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2);
        HealthCheckResponse.Types.ServingStatus[] statuses = [HealthCheckResponse.Types.ServingStatus.NotServing, HealthCheckResponse.Types.ServingStatus.Serving];
        var asked = 0;
        milvus.Grpc("/grpc.health.v1.Health/Check", () => new HealthCheckResponse { Status = statuses[Math.Min(asked++, 1)] }.ToByteArray());
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["milvus/grpc"] = milvus.Port });

        (await model.HealthOfAsync("milvus")).ShouldBe(HealthStatus.Healthy);
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task It_is_not_healthy_while_nothing_answers_and_publishes_no_port_but_its_own()
    {
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["milvus/grpc"] = 1 });

        (await model.HealthOfAsync("milvus")).ShouldBe(HealthStatus.Unhealthy);
        model.Resource("milvus").Annotations.OfType<EndpointAnnotation>().ShouldHaveSingleItem().TargetPort.ShouldBe(19530);
    }

    [Fact]
    public async Task It_starts_after_Jaeger_which_its_core_needs_at_start()
    {
        await using var model = await AppHostModel.BuildAsync();

        model.WaitsFor("milvus").ShouldBe(["jaeger"]);
    }

    [Theory]
    [InlineData("loud")]
    [InlineData("2")]
    [InlineData("trace,warning")]
    public async Task A_choice_of_logs_that_is_none_is_refused_in_a_sentence(string setting) =>
        (await Should.ThrowAsync<Exception>(AppHostModel.BuildAsync(new() { ["Milvus:Logs"] = setting })))
            .Message.ShouldContain($"Milvus:Logs is {setting}; expected trace, warning, all or none.");
}
