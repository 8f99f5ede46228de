using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace MilvusTracing.Tests.Hosting;

public sealed class WithMilvusTracingTests
{
    private static readonly Dictionary<string, string> NoClients = new() { ["PATH"] = "" };

    [Fact]
    public async Task An_executable_gets_Milvuss_address_and_key_as_its_SDKs_ask_for_them()
    {
        await using var model = await BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe("http://localhost:39530");
        environment["MILVUS_TOKEN"].ShouldBe("root:secret");
        environment["ConnectionStrings__milvus"].ShouldBe("Endpoint=http://localhost:39530;Key=root:secret");
    }

    [Fact]
    public async Task A_container_gets_the_address_in_the_containers_network()
    {
        await using var model = await AppHostModel.BuildAsync(
            NoClients, builder => builder.AddContainer("search", "search").WithMilvusTracing(Milvus(builder)));

        (await model.ConfigurationOfAsync("search")).Environment["MILVUS_URI"].ShouldBe("http://milvus.dev.internal:19530");
    }

    [Fact]
    public async Task A_Milvus_of_ones_own_is_handed_on_likewise()
    {
        await using var model = await BuildAsync(new()
        {
            ["ConnectionStrings:milvus"] = "Endpoint=https://in01.example.zillizcloud.com:19530;Key=token;Database=shop",
        });

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["MILVUS_URI"].ShouldBe("https://in01.example.zillizcloud.com:19530");
        environment["MILVUS_TOKEN"].ShouldBe("token");
        environment["MILVUS_DATABASENAME"].ShouldBe("shop");
    }

    [Fact]
    public async Task An_address_alone_will_do()
    {
        await using var model = await BuildAsync(new() { ["ConnectionStrings:milvus"] = "http://vectors:19530" });

        (await model.ConfigurationOfAsync("search")).Environment["MILVUS_URI"].ShouldBe("http://vectors:19530");
    }

    [Fact]
    public async Task A_malformed_connection_string_is_told_without_its_value()
    {
        await using var model = await BuildAsync(new() { ["ConnectionStrings:milvus"] = "my-secret" });

        var failure = await Should.ThrowAsync<Exception>(() => model.ConfigurationOfAsync("search"));

        failure.GetBaseException().Message.ShouldBe(
            "ConnectionStrings:milvus is not a connection string; expected one such as Endpoint=http://localhost:19530;Key=root:Milvus.");
    }

    [Fact]
    public async Task Its_traces_go_to_the_hub()
    {
        await using var model = await BuildAsync();

        var (environment, _) = await model.ConfigurationOfAsync("search");

        environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].ShouldBe("http://localhost:24317");
        environment.Keys.ShouldContain("OTEL_SERVICE_NAME");
    }

    [Fact]
    public async Task It_starts_after_Milvus_and_the_hub()
    {
        await using var model = await BuildAsync();

        model.WaitsFor("search").ShouldBe(["milvus", "jaeger"]);
    }

    [Fact]
    public async Task It_has_the_verify_command()
    {
        await using var model = await BuildAsync();

        model.Resource("search").Annotations.OfType<ResourceCommandAnnotation>().ShouldContain(command => command.Name == "verify-last-trace");
    }

    [Fact]
    public async Task An_exporter_that_it_already_has_stays_as_it_is()
    {
        await using var model = await AppHostModel.BuildAsync(NoClients, builder =>
        {
            AppHostModel.AddDashboard(builder, "http");
            builder.AddExecutable("search", "python", ".").WithOtlpExporter(OtlpProtocol.HttpProtobuf).WithMilvusTracing(Milvus(builder));
        });

        (await model.ConfigurationOfAsync("search")).Environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"].ShouldBe("http/protobuf");
    }

    private static Task<AppHostModel> BuildAsync(Dictionary<string, string>? settings = null) => AppHostModel.BuildAsync(
        new(NoClients.Concat(settings ?? [])), builder => builder.AddExecutable("search", "python", ".").WithMilvusTracing(Milvus(builder)));

    private static IResourceBuilder<IResourceWithConnectionString> Milvus(IDistributedApplicationTestingBuilder builder) =>
        builder.CreateResourceBuilder(builder.Resources.OfType<IResourceWithConnectionString>().Single(resource => resource.Name == "milvus"));
}
