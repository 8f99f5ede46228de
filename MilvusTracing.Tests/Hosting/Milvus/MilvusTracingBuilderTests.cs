using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Google.Protobuf;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MilvusTracing.Tests.Support;
using MilvusTracing.Tests.Support.Otlp;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace MilvusTracing.Tests.Hosting.Milvus;

public sealed class MilvusTracingBuilderTests
{
    private static readonly Dictionary<string, string> Emulated = new() { ["Milvus:Emulator"] = "true" };

    [Fact]
    public async Task WithTracing_sets_Milvuss_variables_and_makes_it_wait_for_Jaeger()
    {
        await using var model = await AppHostModel.BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("milvus");

        environment.Where(variable => variable.Key.StartsWith("TRACE_")).ToDictionary().ShouldBe(
            new Dictionary<string, string>
            {
                ["TRACE_EXPORTER"] = "otlp",
                ["TRACE_OTLP_ENDPOINT"] = "jaeger.dev.internal:4317",
                ["TRACE_OTLP_METHOD"] = "grpc",
                ["TRACE_OTLP_SECURE"] = "false",
                ["TRACE_INITTIMEOUTSECONDS"] = "10",
                ["TRACE_SAMPLEFRACTION"] = "0",
            },
            ignoreOrder: true);
        (environment["DEPLOY_MODE"], environment["OTEL_BSP_SCHEDULE_DELAY"]).ShouldBe(("STANDALONE", "200"));
        model.WaitsFor("milvus").ShouldBe(["jaeger"]);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void WithTracing_requires_a_fraction_from_0_to_1(double fraction)
    {
        var builder = DistributedApplication.CreateBuilder();

        Should.Throw<ArgumentOutOfRangeException>(
            () => builder.AddMilvus("milvus").WithTracing(builder.AddJaeger("jaeger"), options => options.SampleFraction = fraction))
            .Message.ShouldContain("SampleFraction");
    }

    [Fact]
    public async Task Two_Milvus_resources_have_their_own_options()
    {
        await using var model = await AppHostModel.BuildAsync(
            new() { ["Milvus:SampleFraction"] = "0.5" },
            builder => builder.AddMilvus("milvus2").WithTracing(builder.AddJaeger("jaeger2"), options => options.SampleFraction = 0.25));

        var (first, _) = await model.ConfigurationOfAsync("milvus");
        var (second, _) = await model.ConfigurationOfAsync("milvus2");

        (first["TRACE_SAMPLEFRACTION"], second["TRACE_SAMPLEFRACTION"]).ShouldBe(("0.5", "0.25"));
        (first["TRACE_OTLP_ENDPOINT"], second["TRACE_OTLP_ENDPOINT"]).ShouldBe(("jaeger.dev.internal:4317", "jaeger2.dev.internal:4317"));
    }

    [Fact]
    public async Task The_logs_of_two_Milvus_resources_have_their_own_selections_and_service_names()
    {
        const string Line = "[2026/01/02 03:04:05.678 +00:00] [INFO] [proxy/impl.go:12] [\"no trace id\"]";
        await using var dashboard = await OtlpReceiver.StartAsync();
        await using var model = await AppHostModel.BuildAsync(
            change: builder =>
            {
                AppHostModel.AddDashboard(builder, "http");
                builder.AddMilvus("milvus2").WithLogForwarding(MilvusLogSelection.All).WithTracing(builder.AddJaeger("jaeger2"));
            },
            hostPorts: new() { ["aspire-dashboard/otlp-grpc"] = dashboard.GrpcEndpoint.Port });

        await model.LogAsync("milvus", Line);
        await model.LogAsync("milvus", Line.Replace("INFO", "WARN"));
        await model.LogAsync("milvus2", Line);

        await dashboard.WaitForAsync(() => dashboard.Logs.Count >= 2, Timeouts.Limit);
        dashboard.Logs.Select(log => (log.Resource["service.name"], log.Severity)).ShouldBe([("milvus", "WARN"), ("milvus2", "INFO")], ignoreOrder: true);
    }

    [Theory]
    [InlineData(1, HealthStatus.Healthy)]
    [InlineData(2, HealthStatus.Healthy)]
    [InlineData(int.MaxValue, HealthStatus.Unhealthy)]
    public async Task One_health_check_polls_until_Milvuss_gRPC_health_service_reports_serving(int serving, HealthStatus expected)
    {
        await using var milvus = await FakeHttpServer.StartAsync(listen => listen.Protocols = HttpProtocols.Http2);
        var calls = 0;
        milvus.Grpc("/grpc.health.v1.Health/Check", () => new HealthCheckResponse { Status = ++calls < serving ? ServingStatus.NotServing : ServingStatus.Serving }.ToByteArray());
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["milvus/grpc"] = milvus.Port });

        (await model.HealthOfAsync("milvus")).ShouldBe(expected);
        calls.ShouldBeGreaterThanOrEqualTo(Math.Min(serving, 2));
    }

    [Fact]
    public async Task Milvus_is_unhealthy_while_it_does_not_respond()
    {
        await using var model = await AppHostModel.BuildAsync(hostPorts: new() { ["milvus/grpc"] = 1 });

        (await model.HealthOfAsync("milvus")).ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task RunAsEmulator_removes_all_containers_and_without_a_dashboard_nothing_is_exported()
    {
        await using var model = await AppHostModel.BuildAsync(Emulated);

        model.Resources.ShouldNotContain(resource => resource.IsContainer());
        model.Resource("milvus").ShouldBeOfType<MilvusEmulatorResource>().IsEmulator().ShouldBeTrue();
        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_EXPORTER"].ShouldBe("noop");
    }

    [Fact]
    public async Task RunAsEmulator_keeps_references_waits_password_and_environment()
    {
        await using var model = await AppHostModel.BuildAsync(
            Emulated,
            builder => builder.CreateResourceBuilder(builder.Resources.OfType<MilvusEmulatorResource>().Single()).WithEnvironment("PROXY_MAXNAMELENGTH", "99"),
            new() { ["milvus/grpc"] = 12345 });

        var (worker, _) = await model.ConfigurationOfAsync("milvus-client");
        var (emulator, _) = await model.ConfigurationOfAsync("milvus");

        worker["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://localhost:12345;Key=root:secret");
        emulator["COMMON_SECURITY_AUTHORIZATIONENABLED"].ShouldBe("true");
        emulator["COMMON_SECURITY_DEFAULTROOTPASSWORD"].ShouldBe("secret");
        emulator["PROXY_MAXNAMELENGTH"].ShouldBe("99");
        model.WaitsFor("milvus-client").ShouldBe(["milvus"]);
        model.WaitsFor("milvus").ShouldBeEmpty();
        model.Resource("milvus").Annotations.OfType<HealthCheckAnnotation>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task RunAsEmulator_works_before_WithTracing_and_twice()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder => builder.AddMilvus("milvus2")
            .RunAsEmulator<Projects.MilvusTracing_Emulator>()
            .WithTracing(builder.AddJaeger("jaeger2"))
            .RunAsEmulator<Projects.MilvusTracing_Emulator>());

        model.Resource("milvus2").ShouldBeOfType<MilvusEmulatorResource>();
        (await model.ConfigurationOfAsync("milvus2")).Args.Count(argument => argument == "run").ShouldBe(1);
        model.Resources.ShouldNotContain(resource => resource.Name == "jaeger2");
        model.WaitsFor("milvus2").ShouldBeEmpty();
    }

    [Fact]
    public async Task RunAsEmulator_leaves_out_the_Attu_of_its_Milvus()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            builder.AddMilvus("milvus2").RunAsEmulator<Projects.MilvusTracing_Emulator>().WithAttu(containerName: "attu");
            builder.AddMilvus("milvus3").WithAttu();
        });

        model.Resources.Select(resource => resource.Name).ShouldNotContain("attu");
        model.Resources.Select(resource => resource.Name).ShouldContain("milvus3-attu");
    }

    [Fact]
    public async Task RunAsEmulator_refuses_a_database_for_which_other_resources_would_wait_for_ever()
    {
        var refusal = await Should.ThrowAsync<DistributedApplicationException>(() => AppHostModel.BuildAsync(
            change: builder => builder.AddMilvus("milvus2").RunAsEmulator<Projects.MilvusTracing_Emulator>().AddDatabase("books")));

        refusal.Message.ShouldStartWith("'books' is a database of 'milvus2'");
    }

    [Fact]
    public async Task RunAsEmulator_without_a_project_runs_the_tool_with_the_options_given()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder => builder.AddMilvus("milvus2").RunAsEmulator(emulator => emulator
            .WithArgs("--source", "/packages").WithEnvironment("PROXY_MAXNAMELENGTH", "99").WithEndpoint("grpc", grpc => grpc.Port = 19531)));

        var (environment, args) = await model.ConfigurationOfAsync("milvus2");

        args.Take(3).ShouldBe(["tool", "exec", "MilvusTracing.Emulator"]);
        args.TakeLast(2).ShouldBe(["--source", "/packages"]);
        args.ShouldContain("--yes");
        environment["PROXY_MAXNAMELENGTH"].ShouldBe("99");
        model.Resource("milvus2").Annotations.OfType<EndpointAnnotation>().Single().Port.ShouldBe(19531);
    }
}
