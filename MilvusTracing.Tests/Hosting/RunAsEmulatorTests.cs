using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace MilvusTracing.Tests.Hosting;

public sealed class RunAsEmulatorTests
{
    private static readonly Dictionary<string, string> Emulated = new() { ["Milvus:Emulator"] = "true", ["AppHost:OtlpApiKey"] = "0815" };

    [Fact]
    public async Task No_container_is_left()
    {
        await using var model = await AppHostModel.BuildAsync(Emulated);

        model.Resources.ShouldNotContain(resource => resource.IsContainer());
        model.Resource("milvus").ShouldBeOfType<MilvusEmulatorResource>();
    }

    [Fact]
    public async Task References_waits_and_key_hold()
    {
        await using var model = await AppHostModel.BuildAsync(Emulated, hostPorts: new() { ["milvus/grpc"] = 12345 });

        var (worker, _) = await model.ConfigurationOfAsync("milvus-client");
        var (emulator, _) = await model.ConfigurationOfAsync("milvus");

        worker["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://localhost:12345;Key=root:secret");
        emulator["COMMON_SECURITY_AUTHORIZATIONENABLED"].ShouldBe("true");
        emulator["COMMON_SECURITY_DEFAULTROOTPASSWORD"].ShouldBe("secret");
        model.WaitsFor("milvus-client").ShouldBe(["milvus"]);
        model.WaitsFor("milvus").ShouldBeEmpty();
        model.Resource("milvus").Annotations.OfType<HealthCheckAnnotation>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Later_environment_holds_too()
    {
        await using var model = await AppHostModel.BuildAsync(Emulated, builder =>
            builder.CreateResourceBuilder(builder.Resources.OfType<MilvusEmulatorResource>().Single()).WithEnvironment("PROXY_MAXNAMELENGTH", "99"));

        (await model.ConfigurationOfAsync("milvus")).Environment["PROXY_MAXNAMELENGTH"].ShouldBe("99");
    }

    [Theory]
    [InlineData("http", "false")]
    [InlineData("https", "true")]
    public async Task Its_spans_and_the_workers_go_straight_to_the_dashboard(string scheme, string secure)
    {
        await using var model = await AppHostModel.BuildAsync(Emulated, builder => AppHostModel.AddDashboard(builder, scheme));

        var (emulator, _) = await model.ConfigurationOfAsync("milvus");
        var (worker, _) = await model.ConfigurationOfAsync("milvus-client");

        emulator["TRACE_EXPORTER"].ShouldBe("otlp");
        emulator["TRACE_OTLP_ENDPOINT"].ShouldBe("localhost:39000");
        emulator["TRACE_OTLP_SECURE"].ShouldBe(secure);
        emulator["OTEL_EXPORTER_OTLP_HEADERS"].ShouldBe("x-otlp-api-key=0815");
        worker.Keys.ShouldNotContain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    }

    [Fact]
    public async Task Without_a_dashboard_its_spans_go_nowhere()
    {
        await using var model = await AppHostModel.BuildAsync(Emulated);

        (await model.ConfigurationOfAsync("milvus")).Environment["TRACE_EXPORTER"].ShouldBe("noop");
    }

    [Fact]
    public async Task The_order_of_the_verbs_does_not_matter()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
        {
            builder.AddMilvus("other").RunAsEmulator<Projects.MilvusTracing_Emulator>().WithTracing(builder.AddJaeger("other-jaeger"));
        });

        model.Resource("other").ShouldBeOfType<MilvusEmulatorResource>();
        model.Resources.ShouldNotContain(resource => resource.Name == "other-jaeger");
        model.WaitsFor("other").ShouldBeEmpty();
    }

    [Fact]
    public async Task Twice_is_once()
    {
        await using var model = await AppHostModel.BuildAsync(change: builder =>
            builder.AddMilvus("other").RunAsEmulator<Projects.MilvusTracing_Emulator>().RunAsEmulator<Projects.MilvusTracing_Emulator>());

        model.Resources.Count(resource => resource.Name == "other").ShouldBe(1);
        (await model.ConfigurationOfAsync("other")).Args.Count(argument => argument == "run").ShouldBe(1);
    }
}
